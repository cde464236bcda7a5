//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// clientLoad sends requests from several clients until stop says so, and counts.
type clientLoad struct {
	sent, failed atomic.Int64
	firstFailure atomic.Value
	stop         context.CancelFunc
	group        sync.WaitGroup
}

func startLoad(address string, clients int, keepAlive bool) *clientLoad {
	ctx, cancel := context.WithCancel(context.Background())
	l := &clientLoad{stop: cancel}
	for range clients {
		l.group.Go(func() {
			own := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: !keepAlive}}
			for ctx.Err() == nil {
				l.sent.Add(1)
				if err := request(own, "http://"+address+"/"); err != nil {
					l.failed.Add(1)
					l.firstFailure.CompareAndSwap(nil, err.Error())
				}
			}
		})
	}
	return l
}

func request(c *http.Client, url string) error {
	response, err := c.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", response.Status)
	}
	return nil
}

// end stops the clients, waits for their last answers and judges.
func (l *clientLoad) end(t *testing.T) {
	t.Helper()
	l.stop()
	l.group.Wait()
	if sent := l.sent.Load(); sent < 50 {
		t.Errorf("only %d requests were sent: no load", sent)
	}
	if failed := l.failed.Load(); failed != 0 {
		t.Errorf("%d of %d requests failed, the first: %v", failed, l.sent.Load(), l.firstFailure.Load())
	}
	t.Logf("%d requests, %d failed", l.sent.Load(), l.failed.Load())
}

// As behind a load balancer: clients go away once /readyz says 503.
func TestGracefulStopUnderLoad(t *testing.T) {
	for _, keepAlive := range []bool{true, false} {
		t.Run(fmt.Sprintf("keepAlive=%v", keepAlive), func(t *testing.T) {
			p := startReady(t, "HELLO_DRAIN_DELAY=1s", "HELLO_LATENCY=2ms")
			l := startLoad(p.address, 8, keepAlive)
			time.Sleep(300 * time.Millisecond)
			p.signal(syscall.SIGTERM)
			p.await("readiness 503", func() bool { code, _ := p.get("/readyz"); return code == 503 })
			l.end(t)
			if code := p.exitCode(); code != exitOK {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestStopWaitsForRequestsInFlight(t *testing.T) {
	p := startReady(t, "HELLO_LATENCY=700ms")
	answered := make(chan error, 1)
	go func() { answered <- request(client, "http://"+p.address+"/") }()
	time.Sleep(200 * time.Millisecond)
	p.signal(syscall.SIGINT)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if code := p.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestStopGraceIsADeadline(t *testing.T) {
	p := startReady(t, "HELLO_LATENCY=1h", "HELLO_STOP_GRACE=100ms")
	go request(client, "http://"+p.address+"/")
	time.Sleep(200 * time.Millisecond)
	begun := time.Now()
	p.signal(syscall.SIGTERM)
	if code := p.exitCode(); code != exitFailed {
		t.Errorf("exit code %d, want %d: a request was cut off", code, exitFailed)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	p.awaitLog("requests were cut off")
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := startReady(t, "HELLO_DRAIN_DELAY=1h")
	p.signal(syscall.SIGTERM)
	p.awaitLog("stopping")
	p.await("readiness 503", func() bool { code, _ := p.get("/readyz"); return code == 503 })
	p.signal(syscall.SIGHUP) // changes nothing now, and must not end it
	time.Sleep(100 * time.Millisecond)
	if code, _ := p.get("/healthz"); code != 200 {
		t.Errorf("/healthz %d while draining", code)
	}
	p.signal(syscall.SIGTERM)
	p.exitCode()
	if status := p.command.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("ended by %v, want the second SIGTERM", status)
	}
}

// activated starts the service as systemd does: socket at descriptor 3, and
// LISTEN_PID of the very process, which only a shell that execs can know.
func activated(t *testing.T, socket *os.File) *process {
	t.Helper()
	command := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0"`, binary)
	command.ExtraFiles = []*os.File{socket}
	p := launch(t, command, "LISTEN_FDS=1", "HELLO_LISTEN=127.0.0.1:1")
	entry := p.awaitLog("listening")
	if entry["activated"] != true {
		t.Errorf("did not take the socket: %v", entry)
	}
	p.address = entry["address"].(string)
	p.awaitLog("ready")
	return p
}

// Three restarts under load: the socket outlives the service, no request fails.
func TestSocketActivatedRestartsLoseNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	listener.Close() // the duplicate stays open; nobody here accepts
	defer socket.Close()
	p := activated(t, socket)
	if p.address != listener.Addr().String() {
		t.Errorf("listens on %s, want %s", p.address, listener.Addr())
	}
	l := startLoad(p.address, 8, false)
	for range 3 {
		time.Sleep(150 * time.Millisecond)
		p.signal(syscall.SIGTERM)
		if code := p.exitCode(); code != exitOK {
			t.Errorf("exit code %d", code)
		}
		p = activated(t, socket)
	}
	time.Sleep(150 * time.Millisecond)
	l.end(t)
}

func TestVariablesOfAParentAreIgnored(t *testing.T) {
	p := start(t, "LISTEN_FDS=1", "LISTEN_PID=1")
	if p.awaitLog("listening")["activated"] != false {
		t.Error("took a socket that is not ours")
	}
}
