package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func newTestService(t *testing.T, environment map[string]string) (*Service, http.Handler) {
	t.Helper()
	config, err := load(environment, "")
	if err != nil {
		t.Fatal(err)
	}
	s := NewService(config, "192.0.2.1:80", NewMetrics(build, time.Now()), slog.New(slog.DiscardHandler))
	return s, s.Handler()
}

func get(handler http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestReadinessFollowsThePhase(t *testing.T) {
	s, handler := newTestService(t, nil)
	for _, test := range []struct {
		phase phase
		ready int
	}{{starting, 503}, {ready, 200}, {stopping, 503}} {
		s.setPhase(test.phase)
		if got := get(handler, "/readyz"); got.Code != test.ready || !strings.Contains(got.Body.String(), test.phase.String()) {
			t.Errorf("%s: /readyz %d %s, want %d", test.phase, got.Code, got.Body, test.ready)
		}
		if got := get(handler, "/healthz").Code; got != 200 {
			t.Errorf("%s: /healthz %d, want 200", test.phase, got)
		}
	}
}

func TestRoutes(t *testing.T) {
	_, handler := newTestService(t, map[string]string{"HELLO_GREETING": "Moin"})
	for _, test := range []struct {
		method, path string
		code         int
		label        string
	}{
		{"GET", "/", 200, "/"}, {"HEAD", "/", 200, "/"}, {"GET", "/healthz", 200, "/healthz"},
		{"GET", "/nothing", 404, "other"}, {"POST", "/", 405, "other"}, {"GET", "/version", 200, "/version"},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(test.method, test.path, nil)
		handler.ServeHTTP(w, r)
		if w.Code != test.code || handlerLabel(r.Pattern) != test.label {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.path, w.Code, handlerLabel(r.Pattern), test.code, test.label)
		}
	}
	var hello struct{ Greeting, Version string }
	if err := json.Unmarshal(get(handler, "/").Body.Bytes(), &hello); err != nil || hello.Greeting != "Moin" || hello.Version != build.Version {
		t.Errorf("%+v %v", hello, err)
	}
	if text := get(handler, "/metrics").Body.String(); !strings.Contains(text, `http_requests_total{code="405",handler="other"} 1`) {
		t.Error(text)
	}
}

func TestErrorRate(t *testing.T) {
	for _, test := range []struct {
		rate     string
		min, max int // of 1000; the middle one is 10 standard deviations wide on each side
	}{{"0", 0, 0}, {"0.5", 342, 658}, {"1", 1000, 1000}} {
		_, handler := newTestService(t, map[string]string{"HELLO_ERROR_RATE": test.rate})
		failed := 0
		for range 1000 {
			if get(handler, "/").Code == 500 {
				failed++
			}
		}
		if failed < test.min || failed > test.max {
			t.Errorf("rate %s: %d of 1000 failed, want %d to %d", test.rate, failed, test.min, test.max)
		}
		if got := get(handler, "/healthz").Code; got != 200 {
			t.Errorf("rate %s: /healthz %d", test.rate, got)
		}
	}
}

func TestLatency(t *testing.T) {
	_, handler := newTestService(t, map[string]string{"HELLO_LATENCY": "30ms"})
	begun := time.Now()
	get(handler, "/")
	if took := time.Since(begun); took < 30*time.Millisecond {
		t.Errorf("answered after %s, want 30ms or more", took)
	}
}
