package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// running is what stop has to end.
type running struct {
	server      *http.Server
	listeners   []net.Listener
	connections *connections
	ended       chan error // one value from each listener's Serve
}

// stop first says "not ready", so that nobody sends more, and takes what still
// comes for drain_delay; then it stops accepting, and lets the requests in
// flight end within stop_grace. It returns the exit code.
func (s *Service) stop(r *running) int {
	s.setPhase(stopping)
	notify(s.log, "STOPPING=1", "STATUS=draining")
	config := s.config.Load()
	// Each answer now closes its connection: a kept one would break when the process ends.
	r.server.SetKeepAlivesEnabled(false)
	time.Sleep(config.DrainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), config.StopGrace)
	defer cancel()
	if err := r.drain(ctx); err != nil {
		r.server.Close()
		if errors.Is(err, context.DeadlineExceeded) {
			s.log.Error("requests were cut off: stop_grace is over", "stop_grace", config.StopGrace.String())
		} else {
			s.log.Error("stopping", "error", err)
		}
		return exitFailed
	}
	s.log.Info("stopped")
	return exitOK
}

// drain closes the listeners before the server: whoever was accepted is
// answered, whoever was not stays in the queue of a passed socket for the
// next process.
func (r *running) drain(ctx context.Context) error {
	for _, l := range r.listeners {
		l.Close()
	}
	for range r.listeners {
		<-r.ended // from here on every accepted connection is known; at once, as its listener is closed
	}
	if err := r.connections.awaitQuiet(ctx); err != nil {
		return err
	}
	err := r.server.Shutdown(ctx)
	if errors.Is(err, net.ErrClosed) {
		return nil // the listeners, closed above
	}
	return err
}
