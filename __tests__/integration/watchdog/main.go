// A server that tells systemd again and again that it is alive, until somebody asks it for /hang; it goes on answering.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

func main() {
	var hangs atomic.Bool
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"pid": %d}`, os.Getpid()) })
	http.HandleFunc("/hang", func(w http.ResponseWriter, _ *http.Request) { hangs.Store(true); fmt.Fprint(w, "{}") })
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	microseconds, _ := strconv.Atoi(os.Getenv("WATCHDOG_USEC"))
	notify("READY=1")
	go func() {
		for ; !hangs.Load() && microseconds > 0; time.Sleep(time.Duration(microseconds) * time.Microsecond / 4) {
			notify("WATCHDOG=1")
		}
	}()
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	os.Exit(1)
}

func notify(state string) {
	if connection, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET")); err == nil {
		fmt.Fprint(connection, state)
		connection.Close()
	}
}
