//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the real program, built once as a release is: no cgo, version by the linker.
var binary string

const testVersion = "v1.2.3-test"

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "hello-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "hello")
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-X main.version="+testVersion, "-o", binary, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building the service: %v\n%s", err, output)
			return 1
		}
		return m.Run()
	}())
}

// process is a running service.
type process struct {
	t       *testing.T
	command *exec.Cmd
	address string
	done    chan struct{} // closed when it has ended
	mu      sync.Mutex
	lines   []string // its log so far
}

const patience = 15 * time.Second

// launch starts the command and collects its log; the test's end ends it.
func launch(t *testing.T, command *exec.Cmd, environment ...string) *process {
	t.Helper()
	p := &process{t: t, command: command, done: make(chan struct{})}
	p.command.Env = environment
	stderr, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		scanner := bufio.NewScanner(stderr)
		for scanner.Scan() {
			p.mu.Lock()
			p.lines = append(p.lines, scanner.Text())
			p.mu.Unlock()
		}
		p.command.Wait() // the exit code is read from ProcessState
		close(p.done)
	}()
	t.Cleanup(func() {
		p.command.Process.Kill()
		<-p.done
	})
	return p
}

// start launches the service on a free port and waits until it listens.
func start(t *testing.T, environment ...string) *process {
	t.Helper()
	p := launch(t, exec.Command(binary), append([]string{"HELLO_LISTEN=127.0.0.1:0"}, environment...)...)
	p.address = p.awaitLog("listening")["address"].(string)
	return p
}

func startReady(t *testing.T, environment ...string) *process {
	t.Helper()
	p := start(t, environment...)
	p.awaitLog("ready")
	return p
}

// awaitLog waits for the first JSON log line with the message.
func (p *process) awaitLog(message string) map[string]any {
	p.t.Helper()
	var found map[string]any
	p.await("the log line "+message, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, line := range p.lines {
			var entry map[string]any
			if json.Unmarshal([]byte(line), &entry) == nil && strings.HasPrefix(fmt.Sprint(entry["msg"]), message) {
				found = entry
				return true
			}
		}
		return false
	})
	return found
}

func (p *process) await(what string, condition func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("%s did not come within %s; log:\n%s", what, patience, strings.Join(p.lines, "\n"))
		}
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exitCode waits for the end.
func (p *process) exitCode() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.command.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("did not end within %s", patience)
		return -1
	}
}

var client = &http.Client{Timeout: patience}

func (p *process) get(path string) (int, string) {
	p.t.Helper()
	response, err := client.Get("http://" + p.address + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
