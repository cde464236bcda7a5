package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/willscott/go-nfs-client/nfs"
	"github.com/willscott/go-nfs-client/nfs/rpc"
	"github.com/willscott/go-nfs-client/nfs/xdr"
)

// Procedures of RFC 1813 that the library does not name.
const (
	procLink   = 15
	procFSStat = 18
)

// handle is how the server knows a file.
type handle = []byte

// caller is who asks, as the server is told.
type caller struct{ uid, gid uint32 }

func (c caller) auth() rpc.Auth {
	return rpc.AuthUnix{Machinename: "nfs-client", Uid: c.uid, Gid: c.gid, GidLen: 1, Gids: c.gid}.Auth()
}

// calls speaks to the server. Each answer begins with its status; the attributes that follow may be missing.
type calls struct{ *transport }

// dial finds the server by its portmapper and asks it for the handle of an export.
func dial(server, path string) (*calls, handle, error) {
	mount, err := nfs.DialMount(server, 0)
	if err != nil {
		return nil, nil, err
	}
	defer mount.Close()
	target, err := mount.Mount(path, caller{}.auth())
	if err != nil {
		return nil, nil, err
	}
	defer target.Close()
	_, root, err := target.Lookup("/")
	if err != nil {
		return nil, nil, err
	}
	own, err := connect(net.JoinHostPort(server, "2049"))
	return &calls{own}, root, err
}

// ask sends a procedure's arguments and reads as much of the answer as is wanted.
func (c *calls) ask(who caller, proc uint32, args any, wanted ...any) syscall.Errno {
	header := rpc.Header{Rpcvers: 2, Prog: nfs.Nfs3Prog, Vers: nfs.Nfs3Vers, Proc: proc, Cred: who.auth(), Verf: rpc.AuthNull}
	answer, err := c.Call(&struct {
		rpc.Header
		Args any
	}{header, args})
	if err != nil {
		return syscall.EIO
	}
	return read(answer, wanted...)
}

func read(answer io.Reader, wanted ...any) syscall.Errno {
	status, err := xdr.ReadUint32(answer)
	if err != nil {
		return syscall.EIO
	}
	if status != 0 {
		return errno(status)
	}
	for _, one := range wanted {
		if err := xdr.Read(answer, one); err != nil {
			fmt.Fprintln(os.Stderr, "nfs-client: an answer that cannot be read:", err)
			return syscall.EIO
		}
	}
	return 0
}

// errno is a status as the kernel's client shows it: the small ones are the same.
func errno(status uint32) syscall.Errno {
	switch status {
	case 63:
		return syscall.ENAMETOOLONG
	case 66:
		return syscall.ENOTEMPTY
	case 69:
		return syscall.EDQUOT
	case 70, 10001:
		return syscall.ESTALE
	case 10004:
		return syscall.EOPNOTSUPP
	}
	if status < 35 {
		return syscall.Errno(status)
	}
	return syscall.EIO
}

func (c *calls) getattr(who caller, file handle) (nfs.Fattr, syscall.Errno) {
	var attr nfs.Fattr
	status := c.ask(who, nfs.NFSProc3GetAttr, struct{ FH handle }{file}, &attr)
	return attr, status
}

// found is what an answer says about a file; the attributes are asked for where it leaves them out.
func (c *calls) found(who caller, file handle, attr nfs.PostOpAttr) (nfs.Fattr, syscall.Errno) {
	if attr.IsSet {
		return attr.Attr, 0
	}
	return c.getattr(who, file)
}

func (c *calls) lookup(who caller, folder handle, name string) (handle, nfs.Fattr, syscall.Errno) {
	var answer struct {
		FH   handle
		Attr nfs.PostOpAttr
	}
	if status := c.ask(who, nfs.NFSProc3Lookup, nfs.Diropargs3{FH: folder, Filename: name}, &answer); status != 0 {
		return nil, nfs.Fattr{}, status
	}
	attr, status := c.found(who, answer.FH, answer.Attr)
	return answer.FH, attr, status
}

// create makes something in a folder, by a procedure whose answer is a handle and attributes.
func (c *calls) create(who caller, proc uint32, folder handle, name string, args any) (handle, nfs.Fattr, syscall.Errno) {
	var answer struct {
		FH   nfs.PostOpFH3
		Attr nfs.PostOpAttr
	}
	if status := c.ask(who, proc, args, &answer); status != 0 {
		return nil, nfs.Fattr{}, status
	}
	if !answer.FH.IsSet {
		return c.lookup(who, folder, name)
	}
	attr, status := c.found(who, answer.FH.FH, answer.Attr)
	return answer.FH.FH, attr, status
}

// list reads a folder to its end.
func (c *calls) list(who caller, folder handle) ([]nfs.EntryPlus, syscall.Errno) {
	var entries []nfs.EntryPlus
	var cookie, verifier uint64
	for {
		header := rpc.Header{Rpcvers: 2, Prog: nfs.Nfs3Prog, Vers: nfs.Nfs3Vers, Proc: nfs.NFSProc3ReadDirPlus, Cred: who.auth(), Verf: rpc.AuthNull}
		answer, err := c.Call(&struct {
			rpc.Header
			FH                  handle
			Cookie, Verifier    uint64
			FolderSize, MaxSize uint32
		}{header, folder, cookie, verifier, 8 << 10, 64 << 10})
		if err != nil {
			return nil, syscall.EIO
		}
		var attr nfs.PostOpAttr
		if status := read(answer, &attr, &verifier); status != 0 {
			return nil, status
		}
		for {
			more, err := xdr.ReadUint32(answer)
			if err != nil {
				return nil, syscall.EIO
			}
			if more == 0 {
				break
			}
			var entry nfs.EntryPlus
			if err := xdr.Read(answer, &entry); err != nil {
				return nil, syscall.EIO
			}
			entries, cookie = append(entries, entry), entry.Cookie
		}
		if end, err := xdr.ReadUint32(answer); err != nil || end != 0 {
			return entries, 0
		}
	}
}
