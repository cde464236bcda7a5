package main

import (
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

//go:embed default.json
var defaultJSON []byte

// configFileVariable names the file that is read between environment and default.
const configFileVariable = "HELLO_CONFIG"

// Source says where a value of the configuration came from.
type Source string

const (
	fromEnvironment Source = "environment"
	fromFile        Source = "file"
	fromDefault     Source = "default"
)

// Config is the whole configuration, parsed and checked.
type Config struct {
	Listen     string        // host:port
	Greeting   string        // what / says
	LogLevel   slog.Level    // debug, info, warn, error
	DrainDelay time.Duration // how long /readyz says 503 before the listener closes
	StopGrace  time.Duration // how long requests in flight may take after that
	ErrorRate  float64       // fault: share of answers of / that are 500, 0 to 1
	Latency    time.Duration // fault: added to each answer of /
	ReadyDelay time.Duration // fault: not ready for so long after the start
	CrashAfter time.Duration // fault: the process ends itself; 0 is never
	StartCrash bool          // fault: the process ends itself at once

	Sources map[string]Source // by key
}

// LoadConfig reads the configuration: environment, else file, else embedded
// default, key by key. All problems are reported at once.
func LoadConfig(lookup func(string) (string, bool), readFile func(string) ([]byte, error)) (*Config, error) {
	config := &Config{Sources: map[string]Source{}}
	var problems []error
	problems = append(problems, config.applyJSON("the embedded default", defaultJSON, fromDefault)...)
	if path, ok := lookup(configFileVariable); ok && path != "" {
		data, err := readFile(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", configFileVariable, err))
		} else {
			problems = append(problems, config.applyJSON(path, data, fromFile)...)
		}
	}
	problems = append(problems, config.applyEnvironment(lookup)...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return config, nil
}

// applyEnvironment reads each key's own variable. Other HELLO_… variables are
// left alone: Kubernetes sets HELLO_SERVICE_HOST and others for a Service "hello".
func (c *Config) applyEnvironment(lookup func(string) (string, bool)) (problems []error) {
	for _, f := range fields {
		text, ok := lookup(f.variable())
		if !ok {
			continue
		}
		if err := f.parse(c, text); err != nil {
			problems = append(problems, fmt.Errorf("%s=%q: %w", f.variable(), text, err))
			continue
		}
		c.Sources[f.key] = fromEnvironment
	}
	return problems
}
