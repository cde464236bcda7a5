// A server that hands its listener to a child of its own when it gets SIGUSR2, as tableflip and its like do: the child
// is started from the same path, says to systemd that it is the service now, and ends its parent.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Set by the linker. broken: "start", the child fails; "health", /healthz says 500; "deaf", no signal is heard.
var version, broken = "dev", ""

func main() {
	inherited := os.Getenv("HANDOVER") != ""
	if broken == "start" && inherited {
		os.Exit(3)
	}
	listener, err := listen(inherited)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR2)
	server := &http.Server{Handler: http.HandlerFunc(answer), ConnState: count}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	announce()
	if inherited {
		syscall.Kill(os.Getppid(), syscall.SIGTERM)
	}
	for received := range signals {
		if received == syscall.SIGUSR2 {
			if broken != "deaf" {
				handOver(listener)
			}
			continue
		}
		listener.Close()
		<-ended // whoever was accepted is counted from here on
		server.SetKeepAlivesEnabled(false)
		for until := time.Now().Add(10 * time.Second); open.Load() > 0 && time.Now().Before(until); {
			time.Sleep(2 * time.Millisecond)
		}
		return
	}
}

// open is how many connections were accepted and have not ended. server.Shutdown is not used: a request that arrives on
// an accepted connection just after Shutdown began is dropped without an answer.
var open atomic.Int64

func count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		open.Add(1)
	case http.StateClosed, http.StateHijacked:
		open.Add(-1)
	}
}

func listen(inherited bool) (net.Listener, error) {
	if inherited {
		return net.FileListener(os.NewFile(3, "listener"))
	}
	return net.Listen("tcp", os.Args[1])
}

func answer(w http.ResponseWriter, r *http.Request) {
	if broken == "health" && r.URL.Path == "/healthz" {
		w.WriteHeader(http.StatusInternalServerError)
	}
	fmt.Fprintf(w, `{"version":%q,"pid":%d,"greeting":%q}`, version, os.Getpid(), os.Getenv("GREETING"))
}

// handOver starts the child with the listener as its file descriptor 3. By the bare system call: os/exec would make the
// socket, which both have, a blocking one, and the parent would wait in accept for a connection that it has no time for.
func handOver(listener net.Listener) {
	raw, err := listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		attributes := &syscall.ProcAttr{
			Env:   append(os.Environ(), "HANDOVER=yes"),
			Files: []uintptr{0, 1, 2, fd},
		}
		if pid, err := syscall.ForkExec(os.Args[0], os.Args, attributes); err == nil {
			go syscall.Wait4(pid, nil, 0, nil)
		}
	})
}

// announce says who the service is: to systemd, and in the file that a second argument names.
func announce() {
	if len(os.Args) > 2 {
		os.WriteFile(os.Args[2], fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644)
	}
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "MAINPID=%d\nREADY=1", os.Getpid())
}
