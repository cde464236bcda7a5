//go:build !unix

package main

import "net"

// activatedListeners is empty: sockets are passed by file descriptor on Unix only.
func activatedListeners() ([]net.Listener, error) { return nil, nil }
