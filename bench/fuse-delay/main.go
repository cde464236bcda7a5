// Fuse-delay shows a folder at another place, where each operation takes a given time longer, as on a network file
// system. It needs root, since it mounts by itself.
//
//	fuse-delay FOLDER MOUNTPOINT 1ms
//
// It prints "ready" when it is mounted, and unmounts when its standard input ends.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fuse-delay:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: fuse-delay FOLDER MOUNTPOINT DELAY")
	}
	delay, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	root, err := fs.NewLoopbackRoot(args[0])
	if err != nil {
		return err
	}
	// What a client of NFS keeps in mind without asking again, at the least.
	kept := time.Second
	raw := fs.NewNodeFS(root, &fs.Options{EntryTimeout: &kept, AttrTimeout: &kept})
	server, err := fuse.NewServer(&slow{raw, delay}, args[1], &fuse.MountOptions{
		DirectMount:   true,
		AllowOther:    true,
		FsName:        "fuse-delay",
		MaxBackground: 64,
		MaxWrite:      1 << 20,
	})
	if err != nil {
		return fmt.Errorf("mounting %s: %w", args[1], err)
	}
	go server.Serve()
	if err := server.WaitMount(); err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return server.Unmount()
}

// slow is a file system whose operations take longer, many at the same time as over a network. Forgetting and releasing
// is what nobody waits for.
type slow struct {
	fuse.RawFileSystem
	delay time.Duration
}

func (s *slow) wait() { time.Sleep(s.delay) }

func (s *slow) Lookup(c <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.Lookup(c, h, name, out)
}

func (s *slow) GetAttr(c <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.GetAttr(c, in, out)
}

func (s *slow) SetAttr(c <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.SetAttr(c, in, out)
}

func (s *slow) Mkdir(c <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.Mkdir(c, in, name, out)
}

func (s *slow) Unlink(c <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	s.wait()
	return s.RawFileSystem.Unlink(c, h, name)
}

func (s *slow) Rmdir(c <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	s.wait()
	return s.RawFileSystem.Rmdir(c, h, name)
}

func (s *slow) Rename(c <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	s.wait()
	return s.RawFileSystem.Rename(c, in, from, to)
}

func (s *slow) Link(c <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.Link(c, in, name, out)
}

func (s *slow) Create(c <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.Create(c, in, name, out)
}

func (s *slow) Open(c <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.Open(c, in, out)
}

func (s *slow) Read(c <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	s.wait()
	return s.RawFileSystem.Read(c, in, buf)
}

func (s *slow) Write(c <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	s.wait()
	return s.RawFileSystem.Write(c, in, data)
}

func (s *slow) Flush(c <-chan struct{}, in *fuse.FlushIn) fuse.Status {
	s.wait()
	return s.RawFileSystem.Flush(c, in)
}

func (s *slow) Fsync(c <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	s.wait()
	return s.RawFileSystem.Fsync(c, in)
}

func (s *slow) OpenDir(c <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	s.wait()
	return s.RawFileSystem.OpenDir(c, in, out)
}

func (s *slow) ReadDir(c <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	s.wait()
	return s.RawFileSystem.ReadDir(c, in, out)
}

func (s *slow) ReadDirPlus(c <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	s.wait()
	return s.RawFileSystem.ReadDirPlus(c, in, out)
}
