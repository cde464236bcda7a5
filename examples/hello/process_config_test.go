//go:build unix

package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestProcessShowsEachLevel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hello.json")
	writeFile(t, file, `{"greeting": "from file", "stop_grace": "3s"}`)
	p := startReady(t, "HELLO_CONFIG="+file, "HELLO_GREETING=from environment")
	_, body := p.get("/version")
	var got struct {
		Version, Go, Listen string
		Config              map[string]struct {
			Value  any
			Source Source
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != testVersion || !strings.HasPrefix(got.Go, "go1.") || got.Listen != p.address {
		t.Errorf("%+v", got)
	}
	for key, want := range map[string]struct {
		value  any
		source Source
	}{
		"greeting":   {"from environment", fromEnvironment},
		"stop_grace": {"3s", fromFile},
		"latency":    {"0s", fromDefault},
	} {
		if c := got.Config[key]; c.Value != want.value || c.Source != want.source {
			t.Errorf("%s: %v from %s, want %v from %s", key, c.Value, c.Source, want.value, want.source)
		}
	}
	if len(got.Config) != len(fields) {
		t.Errorf("%d keys shown, want %d", len(got.Config), len(fields))
	}
}

func TestReloadBySIGHUP(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hello.json")
	writeFile(t, file, `{"greeting": "one"}`)
	p := startReady(t, "HELLO_CONFIG="+file)
	greets := func(want string) func() bool {
		return func() bool { _, body := p.get("/"); return strings.Contains(body, want) }
	}
	counted := func(line string) func() bool {
		return func() bool { _, body := p.get("/metrics"); return strings.Contains(body, line+"\n") }
	}
	if !greets("one")() {
		t.Fatal("does not greet as the file says")
	}

	writeFile(t, file, `{"greeting": "two"}`)
	p.signal(syscall.SIGHUP)
	p.await("the new greeting", greets("two"))

	writeFile(t, file, `{"greetin": "three"}`)
	p.signal(syscall.SIGHUP)
	p.await("the count of the failure", counted(`config_reloads_total{result="failure"} 1`))
	if !greets("two")() {
		t.Error("a bad file changed the greeting")
	}
	if reason := p.awaitLog("reloading: the old configuration is kept")["error"]; !strings.Contains(reason.(string), `"greetin"`) {
		t.Errorf("the log does not name the key: %s", reason)
	}

	writeFile(t, file, `{"greeting": "four"}`)
	p.signal(syscall.SIGHUP)
	p.await("the next greeting", greets("four"))
	if !counted(`config_reloads_total{result="success"} 2`)() {
		t.Error("two reloads were not counted")
	}
	select {
	case <-p.done: // so the PID is still the one that was started
		t.Error("the process ended")
	default:
	}
}

func TestNotifications(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	receiver, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	next := func() string {
		buffer := make([]byte, 1024)
		receiver.SetReadDeadline(time.Now().Add(patience))
		n, err := receiver.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return string(buffer[:n])
	}
	expect := func(prefix string) string {
		t.Helper()
		got := next()
		if !strings.HasPrefix(got, prefix) {
			t.Fatalf("got %q, want %q", got, prefix)
		}
		return got
	}
	p := start(t, "NOTIFY_SOCKET="+path)
	expect("READY=1\n")
	p.signal(syscall.SIGHUP)
	expect("RELOADING=1\nMONOTONIC_USEC=")
	expect("READY=1\n")
	p.signal(syscall.SIGTERM)
	expect("STOPPING=1\n")
	if code := p.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestExits(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name        string
		environment []string
		args        []string
		code        int
		output      string
	}{
		{"version", nil, []string{"-version"}, exitOK, testVersion},
		{"unknown flag", nil, []string{"-nothing"}, exitUsage, "nothing"},
		{"stray argument", nil, []string{"x"}, exitUsage, `"x"`},
		{"bad value", []string{"HELLO_LATENCY=5"}, nil, exitFailed, "unit"},
		{"missing file", []string{"HELLO_CONFIG=/nonexistent/hello.json"}, nil, exitFailed, "/nonexistent/hello.json"},
		{"port taken", []string{"HELLO_LISTEN=" + taken.Addr().String()}, nil, exitFailed, "address already in use"},
		{"start crash", []string{"HELLO_START_CRASH=true"}, nil, exitCrash, "start_crash"},
		{"crash later", []string{"HELLO_LISTEN=127.0.0.1:0", "HELLO_CRASH_AFTER=50ms"}, nil, exitCrash, "crash_after"},
	} {
		t.Run(test.name, func(t *testing.T) {
			command := exec.Command(binary, test.args...)
			command.Env = append([]string{}, test.environment...)
			timer := time.AfterFunc(patience, func() { command.Process.Kill() })
			defer timer.Stop()
			output, _ := command.CombinedOutput() // judged by the exit code
			if code := command.ProcessState.ExitCode(); code != test.code || !strings.Contains(string(output), test.output) {
				t.Errorf("exit %d, want %d; output %s", code, test.code, output)
			}
		})
	}
}

func TestHealthcheckFlag(t *testing.T) {
	p := start(t, "HELLO_READY_DELAY=1h")
	probe := func(address string) int {
		command := exec.Command(binary, "-healthcheck")
		command.Env = []string{"HELLO_LISTEN=" + address}
		command.Run() // judged by the exit code
		return command.ProcessState.ExitCode()
	}
	if code := probe(p.address); code != exitFailed {
		t.Errorf("not ready: exit %d", code)
	}
	if code := probe(startReady(t).address); code != exitOK {
		t.Errorf("ready: exit %d", code)
	}
	if code := probe("127.0.0.1:1"); code != exitFailed {
		t.Errorf("nobody listens: exit %d", code)
	}
}
