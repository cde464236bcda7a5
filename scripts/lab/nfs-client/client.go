package main

import (
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
	"github.com/willscott/go-nfs-client/nfs"
)

// client is the export as the kernel sees it: its numbers of files are those of handles, and never end.
type client struct {
	fuse.RawFileSystem
	calls *calls
	stale time.Duration

	mu      sync.Mutex
	handles []handle
	numbers map[string]uint64
	opened  map[uint64]*open
	last    uint64
}

// open is a file or a folder that somebody has open: as for the kernel's client, that one's rights count until it is closed.
type open struct {
	by      caller
	entries []nfs.EntryPlus
}

func newClient(calls *calls, root handle, stale time.Duration) *client {
	c := &client{
		RawFileSystem: fuse.NewDefaultRawFileSystem(),
		calls:         calls,
		stale:         stale,
		handles:       []handle{nil},
		numbers:       map[string]uint64{},
		opened:        map[uint64]*open{},
	}
	c.number(root) // fuse.FUSE_ROOT_ID
	return c
}

func by(h *fuse.InHeader) caller { return caller{h.Uid, h.Gid} }

func (c *client) number(file handle) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	number, known := c.numbers[string(file)]
	if !known {
		number = uint64(len(c.handles))
		c.handles, c.numbers[string(file)] = append(c.handles, file), number
	}
	return number
}

func (c *client) handle(number uint64) handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handles[number]
}

func (c *client) opens(one *open) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.opened[c.last] = one
	return c.last
}

func (c *client) open(number uint64) *open {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened[number]
}

func (c *client) closes(number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.opened, number)
}

var types = map[uint32]uint32{
	nfs.NF3Reg: syscall.S_IFREG, nfs.NF3Dir: syscall.S_IFDIR, nfs.NF3Blk: syscall.S_IFBLK, nfs.NF3Chr: syscall.S_IFCHR,
	nfs.NF3Lnk: syscall.S_IFLNK, nfs.NF3Sock: syscall.S_IFSOCK, nfs.NF3FIFO: syscall.S_IFIFO,
}

func fill(attr *nfs.Fattr, out *fuse.Attr) {
	*out = fuse.Attr{
		Ino: attr.Fileid, Size: attr.Filesize, Blocks: (attr.Used + 511) / 512, Blksize: 128 << 10,
		Mode: types[attr.Type] | attr.FileMode&0o7777, Nlink: attr.Nlink, Owner: fuse.Owner{Uid: attr.UID, Gid: attr.GID},
		Atime: uint64(attr.Atime.Seconds), Atimensec: attr.Atime.Nseconds,
		Mtime: uint64(attr.Mtime.Seconds), Mtimensec: attr.Mtime.Nseconds,
		Ctime: uint64(attr.Ctime.Seconds), Ctimensec: attr.Ctime.Nseconds,
	}
}

func (c *client) entry(file handle, attr nfs.Fattr, status syscall.Errno, out *fuse.EntryOut) fuse.Status {
	out.SetEntryTimeout(c.stale)
	if status == syscall.ENOENT {
		return fuse.OK // with no number: that it is not there is remembered, too
	}
	if status != 0 {
		return fuse.Status(status)
	}
	out.NodeId, out.Generation = c.number(file), 1
	out.SetAttrTimeout(c.stale)
	fill(&attr, &out.Attr)
	return fuse.OK
}

func (c *client) made(file handle, attr nfs.Fattr, status syscall.Errno, out *fuse.EntryOut) fuse.Status {
	if status != 0 {
		return fuse.Status(status)
	}
	return c.entry(file, attr, 0, out)
}

func (c *client) attr(attr nfs.Fattr, status syscall.Errno, out *fuse.AttrOut) fuse.Status {
	out.SetTimeout(c.stale)
	fill(&attr, &out.Attr)
	return fuse.Status(status)
}

func (c *client) Lookup(_ <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	file, attr, status := c.calls.lookup(by(h), c.handle(h.NodeId), name)
	return c.entry(file, attr, status, out)
}

func (c *client) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	attr, status := c.calls.getattr(by(&in.InHeader), c.handle(in.NodeId))
	return c.attr(attr, status, out)
}

func (c *client) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	who, file := by(&in.InHeader), c.handle(in.NodeId)
	if handle, ok := in.GetFh(); ok {
		who = c.open(handle).by
	}
	var wanted nfs.Sattr3
	wanted.Mode.Mode, wanted.Mode.SetIt = in.GetMode()
	wanted.UID.UID, wanted.UID.SetIt = in.GetUID()
	wanted.GID.UID, wanted.GID.SetIt = in.GetGID()
	wanted.Size.Size, wanted.Size.SetIt = in.GetSize()
	wanted.Atime = timeOf(in.Valid, fuse.FATTR_ATIME, fuse.FATTR_ATIME_NOW, in.Atime, in.Atimensec)
	wanted.Mtime = timeOf(in.Valid, fuse.FATTR_MTIME, fuse.FATTR_MTIME_NOW, in.Mtime, in.Mtimensec)
	args := struct {
		FH    handle
		Attr  nfs.Sattr3
		Guard uint32
	}{file, wanted, 0}
	var changed nfs.WccData
	if status := c.calls.ask(who, nfs.NFSProc3SetAttr, args, &changed); status != 0 {
		return fuse.Status(status)
	}
	attr, status := c.calls.found(who, file, changed.After)
	return c.attr(attr, status, out)
}

func timeOf(valid, given, now uint32, seconds uint64, nanoseconds uint32) nfs.SetTime {
	switch {
	case valid&now != 0:
		return nfs.SetTime{SetIt: nfs.SetToServerTime}
	case valid&given != 0:
		return nfs.SetTime{SetIt: nfs.SetToClientTime, Time: nfs.NFS3Time{Seconds: uint32(seconds), Nseconds: nanoseconds}}
	}
	return nfs.SetTime{}
}

// access asks the server whether somebody may do that.
func (c *client) access(who caller, file handle, wanted uint32) fuse.Status {
	var answer struct {
		Attr    nfs.PostOpAttr
		Allowed uint32
	}
	args := struct {
		FH     handle
		Wanted uint32
	}{file, wanted}
	if status := c.calls.ask(who, nfs.NFSProc3Access, args, &answer); status != 0 {
		return fuse.Status(status)
	}
	if answer.Allowed&wanted != wanted {
		return fuse.EACCES
	}
	return fuse.OK
}

func (c *client) Access(_ <-chan struct{}, in *fuse.AccessIn) fuse.Status {
	var wanted uint32
	for mask, rights := range map[uint32]uint32{4: nfs.ACCESS3_READ, 2: nfs.ACCESS3_MODIFY} {
		if in.Mask&mask != 0 {
			wanted |= rights
		}
	}
	return c.access(by(&in.InHeader), c.handle(in.NodeId), wanted)
}

func (c *client) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	var wanted uint32
	switch in.Flags & syscall.O_ACCMODE {
	case syscall.O_RDONLY:
		wanted = nfs.ACCESS3_READ
	case syscall.O_WRONLY:
		wanted = nfs.ACCESS3_MODIFY
	default:
		wanted = nfs.ACCESS3_READ | nfs.ACCESS3_MODIFY
	}
	// whoever may run a file may read it for that
	status := c.access(by(&in.InHeader), c.handle(in.NodeId), wanted)
	if status == fuse.EACCES && wanted == nfs.ACCESS3_READ {
		status = c.access(by(&in.InHeader), c.handle(in.NodeId), nfs.ACCESS3_EXECUTE)
	}
	out.Fh = c.opens(&open{by: by(&in.InHeader)})
	out.OpenFlags |= fuse.FOPEN_KEEP_CACHE // what was read stays as long as its time says that it is the same
	return status
}

func (c *client) Read(_ <-chan struct{}, in *fuse.ReadIn, into []byte) (fuse.ReadResult, fuse.Status) {
	file, who, read := c.handle(in.NodeId), c.open(in.Fh).by, 0
	for read < len(into) {
		var answer struct {
			Attr  nfs.PostOpAttr
			Count uint32
			EOF   bool
			Data  []byte
		}
		args := struct {
			FH     handle
			Offset uint64
			Count  uint32
		}{file, in.Offset + uint64(read), uint32(len(into) - read)}
		if status := c.calls.ask(who, nfs.NFSProc3Read, args, &answer); status != 0 {
			return nil, fuse.Status(status)
		}
		read += copy(into[read:], answer.Data)
		if answer.EOF || answer.Count == 0 {
			break
		}
	}
	return fuse.ReadResultData(into[:read]), fuse.OK
}

func (c *client) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	const fileSync = 2 // it is on the server's disk when it answers: there is nothing to commit
	var answer struct {
		Changed nfs.WccData
		Count   uint32
	}
	args := struct {
		FH     handle
		Offset uint64
		Count  uint32
		How    uint32
		Data   []byte
	}{c.handle(in.NodeId), in.Offset, uint32(len(data)), fileSync, data}
	status := c.calls.ask(c.open(in.Fh).by, nfs.NFSProc3Write, args, &answer)
	return answer.Count, fuse.Status(status)
}

func (c *client) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status    { return fuse.OK }
func (c *client) Fsync(<-chan struct{}, *fuse.FsyncIn) fuse.Status    { return fuse.OK }
func (c *client) FsyncDir(<-chan struct{}, *fuse.FsyncIn) fuse.Status { return fuse.OK }
func (c *client) Release(_ <-chan struct{}, in *fuse.ReleaseIn)       { c.closes(in.Fh) }
func (c *client) ReleaseDir(in *fuse.ReleaseIn)                       { c.closes(in.Fh) }

func (c *client) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	who := by(&in.InHeader)
	entries, status := c.calls.list(who, c.handle(in.NodeId))
	out.Fh = c.opens(&open{by: who, entries: entries})
	return fuse.Status(status)
}

func (c *client) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	entries := c.open(in.Fh).entries
	for at := in.Offset; at < uint64(len(entries)); at++ {
		one := &entries[at]
		if !out.AddDirEntry(fuse.DirEntry{Name: one.FileName, Ino: one.FileId, Mode: types[one.Attr.Attr.Type], Off: at + 1}) {
			break
		}
	}
	return fuse.OK
}

func (c *client) StatFs(_ <-chan struct{}, h *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	var answer struct {
		Attr                     nfs.PostOpAttr
		Size, Free, Available    uint64
		Files, FreeFiles, Usable uint64
	}
	status := c.calls.ask(by(h), procFSStat, struct{ FH handle }{c.handle(h.NodeId)}, &answer)
	const block = 4096
	out.Bsize, out.Frsize, out.NameLen = block, block, 255
	out.Blocks, out.Bfree, out.Bavail = answer.Size/block, answer.Free/block, answer.Available/block
	out.Files, out.Ffree = answer.Files, answer.FreeFiles
	return fuse.Status(status)
}
