//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// activatedListeners gives the listening sockets of the supervisor, in its
// order, or none. They stay open there: connections that arrive while this
// service restarts wait in their queue instead of being refused.
func activatedListeners() ([]net.Listener, error) {
	n, err := passedSockets(os.Getenv, os.Getpid())
	for _, name := range []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"} {
		os.Unsetenv(name) // not for our children
	}
	if err != nil {
		return nil, err
	}
	var listeners []net.Listener
	for fd := firstPassedFD; fd < firstPassedFD+n; fd++ {
		syscall.CloseOnExec(fd)
		file := os.NewFile(uintptr(fd), fmt.Sprintf("passed socket %d", fd))
		l, err := net.FileListener(file) // a duplicate
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("passed file descriptor %d is no listening socket: %w", fd, err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}
