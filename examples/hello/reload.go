package main

import (
	"log/slog"
	"os"
	"slices"
)

// isReload tells the reload signal from those that stop the process.
func isReload(received os.Signal) bool { return slices.Contains(reloadSignals, received) }

// reload reads the configuration again. A bad one changes nothing; keys that
// hold until the next start keep their value and are named in the log.
func (s *Service) reload(level *slog.LevelVar) {
	// To systemd a reload lies between two READY=1. Before the first one there
	// is nothing to tell.
	if phase(s.phase.Load()) == ready {
		notify(s.log, append([]string{"RELOADING=1"}, monotonicUsec()...)...)
	}
	status := s.readAgain(level)
	if phase(s.phase.Load()) == ready {
		notify(s.log, "READY=1", status)
	}
}

// readAgain exchanges the configuration and returns the status line for the supervisor.
func (s *Service) readAgain(level *slog.LevelVar) string {
	old := s.config.Load()
	next, err := LoadConfig(os.LookupEnv, os.ReadFile)
	if err != nil {
		s.metrics.Reloaded(false)
		s.log.Error("reloading: the old configuration is kept", "error", err)
		return "STATUS=reload failed, the old configuration is kept"
	}
	next, waiting := keepFixed(old, next)
	s.config.Store(next)
	level.Set(next.LogLevel)
	s.metrics.Reloaded(true)
	s.log.Info("reloaded", "waiting_for_restart", waiting)
	return "STATUS=serving on " + s.address
}

// keepFixed gives next with the old value of each key that a reload cannot
// change, and the keys whose new value waits for a restart.
func keepFixed(old, next *Config) (*Config, []string) {
	merged, waiting := *next, []string{}
	merged.Sources = map[string]Source{}
	for _, f := range fields {
		merged.Sources[f.key] = next.Sources[f.key]
		if !f.live && f.show(old) != f.show(next) {
			waiting = append(waiting, f.key)
		}
		if !f.live {
			merged.Sources[f.key] = old.Sources[f.key]
		}
	}
	merged.Listen, merged.ReadyDelay = old.Listen, old.ReadyDelay
	merged.CrashAfter, merged.StartCrash = old.CrashAfter, old.StartCrash
	return &merged, waiting
}
