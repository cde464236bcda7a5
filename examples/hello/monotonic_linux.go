package main

import (
	"strconv"
	"syscall"
	"unsafe"
)

// monotonicUsec is the time that systemd wants with RELOADING=1, by which it
// tells this reload's READY=1 from an earlier one. Go's time package does not
// give the clock's absolute value.
func monotonicUsec() []string {
	const clockMonotonic = 1
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return nil
	}
	return []string{"MONOTONIC_USEC=" + strconv.FormatInt(ts.Nano()/1000, 10)}
}
