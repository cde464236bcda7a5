package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

// field is one key of the configuration, the same in file and environment.
type field struct {
	key   string
	kind  string // the JSON type in a file: string, number or boolean
	live  bool   // a reload applies it; else it holds until the next start
	parse func(*Config, string) error
	show  func(*Config) any // as /version prints it
}

var fields = []field{
	{"listen", "string", false, parseListen, func(c *Config) any { return c.Listen }},
	{"greeting", "string", true, parseGreeting, func(c *Config) any { return c.Greeting }},
	{"log_level", "string", true, parseLevel, func(c *Config) any { return strings.ToLower(c.LogLevel.String()) }},
	durationField("drain_delay", true, func(c *Config) *time.Duration { return &c.DrainDelay }),
	durationField("stop_grace", true, func(c *Config) *time.Duration { return &c.StopGrace }),
	{"error_rate", "number", true, parseRate, func(c *Config) any { return c.ErrorRate }},
	durationField("latency", true, func(c *Config) *time.Duration { return &c.Latency }),
	durationField("ready_delay", false, func(c *Config) *time.Duration { return &c.ReadyDelay }),
	durationField("crash_after", false, func(c *Config) *time.Duration { return &c.CrashAfter }),
	{"start_crash", "boolean", false, parseStartCrash, func(c *Config) any { return c.StartCrash }},
}

func (f field) variable() string { return "HELLO_" + strings.ToUpper(f.key) }

func fieldByKey(key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

func fieldKeys() (keys []string) {
	for _, f := range fields {
		keys = append(keys, f.key)
	}
	return keys
}

// textOf gives a JSON value as the text that an environment variable would hold.
func (f field) textOf(raw json.RawMessage) (string, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", err
	}
	switch v := value.(type) {
	case string:
		if f.kind == "string" {
			return v, nil
		}
	case float64:
		if f.kind == "number" {
			return string(raw), nil
		}
	case bool:
		if f.kind == "boolean" {
			return string(raw), nil
		}
	}
	return "", errors.New("want a JSON " + f.kind)
}

func parseListen(c *Config, text string) error {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return errors.New(`want host:port or :port, as ":8080"`)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return errors.New("want a port from 0 to 65535")
	}
	c.Listen = text
	return nil
}

func parseGreeting(c *Config, text string) error {
	if text == "" {
		return errors.New("want at least one character")
	}
	c.Greeting = text
	return nil
}

func parseLevel(c *Config, text string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[text]
	if !ok {
		return errors.New("want debug, info, warn or error")
	}
	c.LogLevel = level
	return nil
}

func parseRate(c *Config, text string) error {
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || !(rate >= 0 && rate <= 1) { // the negation also refuses NaN
		return errors.New("want a number from 0 to 1")
	}
	c.ErrorRate = rate
	return nil
}

func parseStartCrash(c *Config, text string) error {
	if text != "true" && text != "false" {
		return errors.New("want true or false")
	}
	c.StartCrash = text == "true"
	return nil
}

func durationField(key string, live bool, at func(*Config) *time.Duration) field {
	parse := func(c *Config, text string) error {
		d, err := time.ParseDuration(text)
		// time.ParseDuration takes a bare "0"; a missing unit is refused here too.
		if err != nil || d < 0 || text == "0" {
			return errors.New(`want a duration with its unit, zero or more, as "250ms"`)
		}
		*at(c) = d
		return nil
	}
	return field{key, "string", live, parse, func(c *Config) any { return at(c).String() }}
}
