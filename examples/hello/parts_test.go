package main

import (
	"net"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestReadBuild(t *testing.T) {
	stamped := func() (*debug.BuildInfo, bool) {
		return &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.0.0"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}}}, true
	}
	nothing := func() (*debug.BuildInfo, bool) { return nil, false }
	for _, test := range []struct {
		name, version, revision string
		read                    func() (*debug.BuildInfo, bool)
		want                    Build
	}{
		{"linker first", "v2.0.0", "def", stamped, Build{"v2.0.0", "def", "go1.26.8"}},
		{"else stamped", "", "", stamped, Build{"v1.0.0", "abc", "go1.26.8"}},
		{"else unknown", "", "", nothing, Build{"unknown", "unknown", ""}},
	} {
		if got := readBuild(test.version, test.revision, test.read); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestPassedSockets(t *testing.T) {
	for _, test := range []struct {
		name, fds, pid string
		want           int
		wantErr        bool
	}{
		{"none", "", "", 0, false},
		{"ours", "2", "42", 2, false},
		{"left behind by a parent", "2", "41", 0, false},
		{"no owner", "2", "", 0, false},
		{"no number", "x", "42", 0, true},
		{"negative", "-1", "42", 0, true},
		{"owner no number", "1", "me", 0, true},
	} {
		environment := map[string]string{"LISTEN_FDS": test.fds, "LISTEN_PID": test.pid}
		got, err := passedSockets(func(name string) string { return environment[name] }, 42)
		if got != test.want || (err != nil) != test.wantErr {
			t.Errorf("%s: %d, %v", test.name, got, err)
		}
	}
}

func TestProbeAddress(t *testing.T) {
	for listen, want := range map[string]string{
		":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80",
		"192.0.2.1:80": "192.0.2.1:80", "[::1]:80": "[::1]:80", "localhost:80": "localhost:80",
	} {
		if got := probeAddress(listen); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}

func TestSendNotification(t *testing.T) {
	paths := []string{filepath.Join(t.TempDir(), "notify")}
	if runtime.GOOS == "linux" {
		paths = append(paths, "@hello-test-"+filepath.Base(t.TempDir())+time.Now().Format("150405.000000000"))
	}
	for _, path := range paths {
		receiver, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer receiver.Close()
		if err := sendNotification(path, "READY=1\nSTATUS=x"); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 100)
		receiver.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := receiver.Read(buffer)
		if err != nil || string(buffer[:n]) != "READY=1\nSTATUS=x" {
			t.Errorf("%s: %q, %v", path, buffer[:n], err)
		}
	}
	if err := sendNotification(filepath.Join(t.TempDir(), "absent"), "READY=1"); err == nil {
		t.Error("a socket that is not there gave no error")
	}
}
