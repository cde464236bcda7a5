package main

import (
	"os"

	"github.com/hanwen/go-fuse/v2/fuse"
	"github.com/willscott/go-nfs-client/nfs"
)

// What makes, moves and takes away names.

func withMode(mode uint32) nfs.Sattr3 {
	return nfs.Sattr3{Mode: nfs.SetMode{SetIt: true, Mode: mode & 0o7777}}
}

func (c *client) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	folder := c.handle(in.NodeId)
	args := struct {
		Where nfs.Diropargs3
		Attr  nfs.Sattr3
	}{nfs.Diropargs3{FH: folder, Filename: name}, withMode(in.Mode &^ in.Umask)}
	file, attr, status := c.calls.create(by(&in.InHeader), nfs.NFSProc3Mkdir, folder, name, args)
	return c.made(file, attr, status, out)
}

func (c *client) Symlink(_ <-chan struct{}, h *fuse.InHeader, to, name string, out *fuse.EntryOut) fuse.Status {
	folder := c.handle(h.NodeId)
	args := struct {
		Where nfs.Diropargs3
		Attr  nfs.Sattr3
		To    string
	}{nfs.Diropargs3{FH: folder, Filename: name}, nfs.Sattr3{}, to}
	file, attr, status := c.calls.create(by(h), nfs.NFSProc3Symlink, folder, name, args)
	return c.made(file, attr, status, out)
}

func (c *client) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	const unchecked, guarded = 0, 1
	folder, how := c.handle(in.NodeId), uint32(unchecked)
	if in.Flags&uint32(os.O_EXCL) != 0 {
		how = guarded
	}
	wanted := withMode(in.Mode &^ in.Umask)
	if in.Flags&uint32(os.O_TRUNC) != 0 {
		wanted.Size.SetIt = true
	}
	args := struct {
		Where nfs.Diropargs3
		How   uint32
		Attr  nfs.Sattr3
	}{nfs.Diropargs3{FH: folder, Filename: name}, how, wanted}
	file, attr, status := c.calls.create(by(&in.InHeader), nfs.NFSProc3Create, folder, name, args)
	if status == 0 {
		out.Fh = c.opens(&open{by: by(&in.InHeader)})
	}
	return c.made(file, attr, status, &out.EntryOut)
}

func (c *client) Link(_ <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	file := c.handle(in.Oldnodeid)
	args := struct {
		FH    handle
		Where nfs.Diropargs3
	}{file, nfs.Diropargs3{FH: c.handle(in.NodeId), Filename: name}}
	var answer nfs.PostOpAttr
	who := by(&in.InHeader)
	if status := c.calls.ask(who, procLink, args, &answer); status != 0 {
		return fuse.Status(status)
	}
	attr, status := c.calls.found(who, file, answer)
	return c.made(file, attr, status, out)
}

func (c *client) Unlink(_ <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	return fuse.Status(c.calls.ask(by(h), nfs.NFSProc3Remove, nfs.Diropargs3{FH: c.handle(h.NodeId), Filename: name}))
}

func (c *client) Rmdir(_ <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	return fuse.Status(c.calls.ask(by(h), nfs.NFSProc3RmDir, nfs.Diropargs3{FH: c.handle(h.NodeId), Filename: name}))
}

func (c *client) Rename(_ <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	if in.Flags != 0 {
		return fuse.EINVAL // NFS has no such rename
	}
	args := struct{ From, To nfs.Diropargs3 }{
		nfs.Diropargs3{FH: c.handle(in.NodeId), Filename: from},
		nfs.Diropargs3{FH: c.handle(in.Newdir), Filename: to},
	}
	return fuse.Status(c.calls.ask(by(&in.InHeader), nfs.NFSProc3Rename, args))
}

func (c *client) Readlink(_ <-chan struct{}, h *fuse.InHeader) ([]byte, fuse.Status) {
	var answer struct {
		Attr nfs.PostOpAttr
		To   []byte
	}
	status := c.calls.ask(by(h), nfs.NFSProc3Readlink, struct{ FH handle }{c.handle(h.NodeId)}, &answer)
	return answer.To, fuse.Status(status)
}
