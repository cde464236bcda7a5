//go:build !linux

package main

// monotonicUsec is empty where there is no systemd.
func monotonicUsec() []string { return nil }
