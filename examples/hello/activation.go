package main

import (
	"fmt"
	"strconv"
)

// firstPassedFD is where a supervisor's sockets begin (sd_listen_fds(3)).
const firstPassedFD = 3

// passedSockets gives how many sockets the supervisor passed to this very
// process. LISTEN_PID guards against variables that a parent left behind.
func passedSockets(getenv func(string) string, pid int) (int, error) {
	count, owner := getenv("LISTEN_FDS"), getenv("LISTEN_PID")
	if count == "" || owner == "" {
		return 0, nil
	}
	p, err := strconv.Atoi(owner)
	if err != nil {
		return 0, fmt.Errorf("LISTEN_PID=%q: want a process id", owner)
	}
	if p != pid {
		return 0, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > 64 {
		return 0, fmt.Errorf("LISTEN_FDS=%q: want a number from 0 to 64", count)
	}
	return n, nil
}
