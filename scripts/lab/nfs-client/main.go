// Nfs-client mounts an export of a server of NFS (version 3) by FUSE, for machines whose kernel has no client of its own.
// What is allowed and what happens the server decides, for whoever asks; what was looked up is remembered as the kernel's
// client does it. It needs root, since it mounts by itself.
//
//	nfs-client [-stale 1s] SERVER EXPORT MOUNTPOINT
//
// It prints "ready" when it is mounted, and unmounts when its standard input ends.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "nfs-client:", err)
		os.Exit(1)
	}
}

func run() error {
	stale := flag.Duration("stale", time.Second, "for which attributes and names are remembered")
	flag.Parse()
	if flag.NArg() != 3 {
		return fmt.Errorf("usage: nfs-client [FLAGS] SERVER EXPORT MOUNTPOINT")
	}
	server, path, at := flag.Arg(0), flag.Arg(1), flag.Arg(2)
	calls, root, err := dial(server, path)
	// the library chooses a port of its own, which another program may have
	for tries := 0; tries < 9 && errors.Is(err, syscall.EADDRINUSE); tries++ {
		calls, root, err = dial(server, path)
	}
	if err != nil {
		return fmt.Errorf("asking %s for %s: %w", server, path, err)
	}
	mounted, err := fuse.NewServer(newClient(calls, root, *stale), at, &fuse.MountOptions{
		DirectMount: true,
		AllowOther:  true,
		FsName:      server + ":" + path,
		Name:        "nfs",
		MaxWrite:    128 << 10,
		// with it, to read a folder would show at once what is new in it
		DisableReadDirPlus: true,
	})
	if err != nil {
		return fmt.Errorf("mounting %s: %w", at, err)
	}
	go mounted.Serve()
	if err := mounted.WaitMount(); err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	// Not mounted.Unmount, which waits for whoever has a copy of the mount: the kernel ends those with this process.
	return syscall.Unmount(at, syscall.MNT_DETACH)
}
