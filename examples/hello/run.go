package main

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// serve is the life of the process: listen, become ready, reload when asked,
// stop gracefully. It returns the exit code.
func serve(config *Config, level *slog.LevelVar, log *slog.Logger) int {
	started := time.Now()
	if config.StartCrash {
		log.Error("crashing, as start_crash asks")
		return exitCrash
	}
	// Before anything else can take time: a signal during the start is not lost.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, append([]os.Signal{os.Interrupt, syscall.SIGTERM}, reloadSignals...)...)
	listeners, activated, err := listen(config.Listen)
	if err != nil {
		log.Error("listening", "listen", config.Listen, "error", err)
		return exitFailed
	}
	address := listeners[0].Addr().String()
	service := NewService(config, address, NewMetrics(build, started), log)
	open := &connections{}
	server := &http.Server{
		Handler:           service.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		ConnState:         open.track,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	broken := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { broken <- server.Serve(l) }()
	}
	log.Info("listening", "address", address, "activated", activated, "version", build.Version, "revision", build.Revision, "pid", os.Getpid())
	crashLater(config.CrashAfter, log)

	readyTimer := time.NewTimer(config.ReadyDelay)
	defer readyTimer.Stop()
	for {
		select {
		case <-readyTimer.C:
			service.setPhase(ready)
			notify(log, "READY=1", "STATUS=serving on "+address)
			log.Info("ready")
		case received := <-signals:
			if isReload(received) {
				service.reload(level)
				continue
			}
			// A second one gets the default: it ends the process at once. A
			// reload signal stays caught; its default would do the same.
			signal.Reset(os.Interrupt, syscall.SIGTERM)
			log.Info("stopping", "signal", received.String())
			return service.stop(&running{server, listeners, open, broken})
		case err := <-broken:
			log.Error("serving", "error", err)
			return exitFailed
		}
	}
}

// listen takes the supervisor's sockets when it passed any, else opens its own.
func listen(address string) (listeners []net.Listener, activated bool, err error) {
	listeners, err = activatedListeners()
	if err != nil || len(listeners) > 0 {
		return listeners, true, err
	}
	own, err := net.Listen("tcp", address)
	if err != nil {
		return nil, false, err
	}
	return []net.Listener{own}, false, nil
}
