//go:build unix

package main

import (
	"os"
	"syscall"
)

// reloadSignals ask for the configuration to be read again.
var reloadSignals = []os.Signal{syscall.SIGHUP}
