package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// phase is where the process stands between its start and its end.
type phase int32

const (
	starting phase = iota
	ready
	stopping
)

func (p phase) String() string { return [...]string{"starting", "ready", "stopping"}[p] }

// Service answers the requests. Its configuration can be exchanged while it runs.
type Service struct {
	config  atomic.Pointer[Config]
	phase   atomic.Int32
	address string // what is really listened on
	metrics *Metrics
	log     *slog.Logger
}

// NewService makes a service that is not ready yet.
func NewService(config *Config, address string, metrics *Metrics, log *slog.Logger) *Service {
	s := &Service{address: address, metrics: metrics, log: log}
	s.config.Store(config)
	return s
}

func (s *Service) setPhase(p phase) { s.phase.Store(int32(p)) }

// Handler routes, counts and times every request.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.withFaults(http.HandlerFunc(s.hello)))
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /metrics", s.serveMetrics)
	mux.HandleFunc("GET /version", s.serveVersion)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, code: http.StatusOK}
		mux.ServeHTTP(recorder, r)
		took := time.Since(begun)
		handler := handlerLabel(r.Pattern)
		s.metrics.Observe(handler, recorder.code, took)
		s.log.Debug("request", "method", r.Method, "handler", handler, "code", recorder.code, "seconds", took.Seconds())
	})
}

func (s *Service) hello(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"greeting": s.config.Load().Greeting, "version": build.Version})
}

// healthz says that the process runs: it stays 200 while it starts and stops,
// or a supervisor would kill it in the middle of either.
func (s *Service) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says whether new requests should be sent here.
func (s *Service) readyz(w http.ResponseWriter, _ *http.Request) {
	p, code := phase(s.phase.Load()), http.StatusServiceUnavailable
	if p == ready {
		code = http.StatusOK
	}
	writeJSON(w, code, map[string]string{"status": p.String()})
}

func (s *Service) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	if _, err := s.metrics.WriteTo(w); err != nil {
		s.log.Debug("writing the metrics", "error", err)
	}
}

func (s *Service) serveVersion(w http.ResponseWriter, _ *http.Request) {
	type value struct {
		Value  any    `json:"value"`
		Source Source `json:"source"`
	}
	config, values := s.config.Load(), map[string]value{}
	for _, f := range fields {
		values[f.key] = value{f.show(config), config.Sources[f.key]}
	}
	writeJSON(w, http.StatusOK, struct {
		Build
		Listen string           `json:"listen"`
		Config map[string]value `json:"config"`
	}{build, s.address, values})
}

// handlerLabel keeps the label's values few: whatever matches no route is "other".
func handlerLabel(pattern string) string {
	path, found := strings.CutPrefix(pattern, "GET ")
	if !found {
		return "other"
	}
	return strings.TrimSuffix(path, "{$}")
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	// A client that went away is no failure of ours.
	_ = json.NewEncoder(w).Encode(body)
}

type statusRecorder struct {
	http.ResponseWriter
	code int
}

func (r *statusRecorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
