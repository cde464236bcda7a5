// The smallest service that Go makes: says that it is ready (sd_notify(3)), and waits to be ended.
package main

import "syscall"

func main() {
	name, _ := syscall.Getenv("NOTIFY_SOCKET")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = syscall.Sendto(fd, []byte("READY=1"), 0, &syscall.SockaddrUnix{Name: name})
	}
	if err != nil {
		syscall.Exit(1)
	}
	for {
		syscall.Pause()
	}
}
