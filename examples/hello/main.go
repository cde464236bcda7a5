// Command hello is a small HTTP service to release: it has what a deployment
// needs (health, readiness, metrics, graceful stop, reload, socket activation)
// and faults that can be switched on, to show what a broken release does.
package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
)

// Exit codes. A supervisor and a person tell a wrong configuration from a crash.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitCrash  = 3
)

func main() {
	os.Exit(command(os.Args[1:], os.Stdout, os.Stderr))
}

func command(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("hello", flag.ContinueOnError)
	flags.SetOutput(stderr)
	showVersion := flags.Bool("version", false, "print the version and exit")
	probe := flags.Bool("healthcheck", false, "ask the running service whether it is ready: exit 0 or 1")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "hello: unexpected argument %q; see -help\n", flags.Arg(0))
		return exitUsage
	}
	if *showVersion {
		fmt.Fprintln(stdout, build.Version)
		return exitOK
	}
	config, err := LoadConfig(os.LookupEnv, os.ReadFile)
	if err != nil {
		fmt.Fprintf(stderr, "hello: configuration:\n%v\n", err)
		return exitFailed
	}
	if *probe {
		if err := healthcheck(config.Listen); err != nil {
			fmt.Fprintf(stderr, "hello: %v\n", err)
			return exitFailed
		}
		return exitOK
	}
	level := new(slog.LevelVar)
	level.Set(config.LogLevel)
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level}))
	return serve(config, level, log)
}
