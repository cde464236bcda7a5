package main

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"time"
)

// statusClientGone counts a client that left before its answer; the number is nginx's.
const statusClientGone = 499

// withFaults adds the configured latency and errors. Only / has them: a release
// that is broken for its users while its probes look well is the harder case.
func (s *Service) withFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		config := s.config.Load()
		if config.Latency > 0 {
			timer := time.NewTimer(config.Latency)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				w.WriteHeader(statusClientGone) // only our own count sees it
				return
			}
		}
		if rand.Float64() < config.ErrorRate { // Float64 is below 1: a rate of 1 fails every request, 0 none
			writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "injected by error_rate", "version": build.Version})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// crashLater ends the process as a bug would: without a graceful stop.
func crashLater(after time.Duration, log *slog.Logger) {
	if after > 0 {
		time.AfterFunc(after, func() {
			log.Error("crashing, as crash_after asks", "after", after.String())
			os.Exit(exitCrash)
		})
	}
}
