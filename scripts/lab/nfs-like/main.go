// Nfs-like shows a folder at another place as a client of NFS would see it, for machines whose kernel has no NFS: each
// operation takes longer, what was looked up is remembered without asking again, also that it was not there, and root
// is nobody; with krb5, where root has no ticket, it can do nothing. It needs root, since it mounts by itself.
//
//	nfs-like [-delay 1ms] [-stale 1s] [-squash root|all|none|krb5] [-read-only] FOLDER MOUNTPOINT
//
// It prints "ready" when it is mounted, and unmounts when its standard input ends.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "nfs-like:", err)
		os.Exit(1)
	}
}

func run() error {
	delay := flag.Duration("delay", 0, "that each operation takes longer")
	stale := flag.Duration("stale", time.Second, "for which the client remembers attributes and names")
	squash := flag.String("squash", "root", "who is nobody: root, all or none; krb5: root can do nothing")
	readOnly := flag.Bool("read-only", false, "nothing can be written, as the server decides")
	flag.Parse()
	if flag.NArg() != 2 {
		return fmt.Errorf("usage: nfs-like [FLAGS] FOLDER MOUNTPOINT")
	}
	root, err := fs.NewLoopbackRoot(flag.Arg(0))
	if err != nil {
		return err
	}
	raw := fs.NewNodeFS(root, &fs.Options{EntryTimeout: stale, AttrTimeout: stale, NegativeTimeout: stale})
	server, err := fuse.NewServer(&export{raw, *delay, *squash, *readOnly}, flag.Arg(1), &fuse.MountOptions{
		DirectMount: true,
		AllowOther:  true,
		FsName:      "nfs-like",
		Name:        "nfs-like",
		MaxWrite:    1 << 20,
		// with it, to read a folder would show at once what is new in it
		DisableReadDirPlus: true,
		Options:            []string{"default_permissions"},
	})
	if err != nil {
		return fmt.Errorf("mounting %s: %w", flag.Arg(1), err)
	}
	go server.Serve()
	if err := server.WaitMount(); err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	// Not server.Unmount, which waits for whoever has a copy of the mount: the kernel ends those with this process.
	return syscall.Unmount(flag.Arg(1), syscall.MNT_DETACH)
}

const nobody = 65534

// export is a file system as a server of NFS gives it to a client. The client's kernel checks permissions by the
// attributes that it sees; the server decides who somebody is.
type export struct {
	fuse.RawFileSystem
	delay    time.Duration
	squash   string
	readOnly bool
}

// write makes the caller who the server takes it for, and says whether that one may write here.
func (e *export) write(h *fuse.InHeader) fuse.Status {
	time.Sleep(e.delay)
	if e.readOnly {
		return fuse.EROFS
	}
	if h.Uid == 0 && e.squash != "none" {
		return fuse.EACCES
	}
	if e.squash == "all" {
		h.Uid, h.Gid = nobody, nobody
	}
	return fuse.OK
}

// read says whether the caller may read a file: nobody may what all may.
func (e *export) read(c <-chan struct{}, h *fuse.InHeader) fuse.Status {
	time.Sleep(e.delay)
	if h.Uid != 0 || e.squash == "none" {
		return fuse.OK
	}
	var out fuse.AttrOut
	if status := e.RawFileSystem.GetAttr(c, &fuse.GetAttrIn{InHeader: *h}, &out); !status.Ok() {
		return status
	}
	if out.Mode&0o004 == 0 || e.squash == "krb5" {
		return fuse.EACCES
	}
	return fuse.OK
}

func (e *export) Lookup(c <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	time.Sleep(e.delay)
	return e.RawFileSystem.Lookup(c, h, name, out)
}

func (e *export) SetAttr(c <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	if status := e.write(&in.InHeader); !status.Ok() {
		return status
	}
	return e.RawFileSystem.SetAttr(c, in, out)
}

func (e *export) Mkdir(c <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	if status := e.write(&in.InHeader); !status.Ok() {
		return status
	}
	return e.RawFileSystem.Mkdir(c, in, name, out)
}

func (e *export) Unlink(c <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	if status := e.write(h); !status.Ok() {
		return status
	}
	return e.RawFileSystem.Unlink(c, h, name)
}

func (e *export) Rmdir(c <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	if status := e.write(h); !status.Ok() {
		return status
	}
	return e.RawFileSystem.Rmdir(c, h, name)
}

func (e *export) Rename(c <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	if status := e.write(&in.InHeader); !status.Ok() {
		return status
	}
	return e.RawFileSystem.Rename(c, in, from, to)
}

func (e *export) Symlink(c <-chan struct{}, h *fuse.InHeader, to, name string, out *fuse.EntryOut) fuse.Status {
	if status := e.write(h); !status.Ok() {
		return status
	}
	return e.RawFileSystem.Symlink(c, h, to, name, out)
}

func (e *export) Link(c <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	if status := e.write(&in.InHeader); !status.Ok() {
		return status
	}
	return e.RawFileSystem.Link(c, in, name, out)
}

func (e *export) Create(c <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	if status := e.write(&in.InHeader); !status.Ok() {
		return status
	}
	return e.RawFileSystem.Create(c, in, name, out)
}

func (e *export) Open(c <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	var status fuse.Status
	if in.Flags&uint32(os.O_WRONLY|os.O_RDWR) != 0 {
		status = e.write(&in.InHeader)
	} else {
		status = e.read(c, &in.InHeader)
	}
	if !status.Ok() {
		return status
	}
	return e.RawFileSystem.Open(c, in, out)
}
