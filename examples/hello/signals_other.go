//go:build !unix

package main

import "os"

// reloadSignals is empty: Windows sends no SIGHUP. A restart reads the file again.
var reloadSignals []os.Signal
