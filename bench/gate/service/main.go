// Command service is a small web service that can be wrong in many ways: GATE_FAULT says in which, GATE_AFTER when.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

var version = "v0.0.0"

func main() {
	check := flag.Bool("check-config", false, "read the configuration and end")
	flag.Parse()
	log.SetFlags(0)
	if err := configured(); err != nil {
		log.Fatalf("configuration: %v", err)
	}
	if *check {
		fmt.Println("the configuration is good")
		return
	}
	serve()
}

// configured reads what must be there: GATE_LISTEN, durations, a file and a directory where they are named.
func configured() error {
	if _, _, err := net.SplitHostPort(os.Getenv("GATE_LISTEN")); err != nil {
		return fmt.Errorf("GATE_LISTEN: %w", err)
	}
	for _, name := range []string{"GATE_AFTER", "GATE_DELAY"} {
		if _, err := time.ParseDuration(orZero(os.Getenv(name))); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if path := os.Getenv("GATE_FILE"); path != "" {
		if _, err := os.ReadFile(path); err != nil {
			return err
		}
	}
	return nil
}

func serve() {
	fault, after := os.Getenv("GATE_FAULT"), duration("GATE_AFTER")
	began := time.Now()
	later := func() bool { return time.Since(began) >= after }
	switch fault {
	case "crash":
		time.AfterFunc(after, func() { log.Fatal("panic: runtime error: invalid memory address") })
	case "exit":
		time.AfterFunc(after, func() { os.Exit(0) })
	case "leak":
		rate, _ := strconv.Atoi(os.Getenv("GATE_RATE"))
		go leak(after, rate)
	case "second-port":
		if _, err := net.Listen("tcp", os.Getenv("GATE_SECOND")); err != nil {
			log.Fatal(err)
		}
	case "hup":
	default:
		hangups := make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP)
	}
	answer := func(path string, w http.ResponseWriter) {
		if fault == "status" && later() && (os.Getenv("GATE_PATH") == path || os.Getenv("GATE_PATH") == "") {
			http.Error(w, "broken", http.StatusInternalServerError)
			return
		}
		if fault == "slow" && later() {
			time.Sleep(duration("GATE_DELAY"))
		}
		if fault == "deadlock" && later() {
			select {}
		}
		shown := version
		if said := os.Getenv("GATE_VERSION"); said != "" {
			shown = said
		}
		if fault == "version" {
			shown = "v0.0.0"
		}
		fmt.Fprintf(w, "{\"version\":%q,\"path\":%q}\n", shown, path)
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/version", "/api/items", "/"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { answer(path, w) })
	}
	if fault == "" {
		time.Sleep(duration("GATE_DELAY")) // a slow start that is none the worse
	}
	listener, err := net.Listen("tcp", os.Getenv("GATE_LISTEN"))
	if err != nil {
		log.Fatal(err)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	server := &http.Server{Handler: mux}
	go func() { <-stop; server.Close() }()
	log.Printf("%s listens on %s", version, listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

var kept [][]byte

// leak takes so many MiB a second and lets none of it go.
func leak(after time.Duration, rate int) {
	time.Sleep(after)
	for {
		block := make([]byte, rate<<20/10)
		for at := 0; at < len(block); at += 4096 {
			block[at] = 1
		}
		kept = append(kept, block)
		time.Sleep(100 * time.Millisecond)
	}
}

func duration(name string) time.Duration {
	value, _ := time.ParseDuration(orZero(os.Getenv(name)))
	return value
}

func orZero(text string) string {
	if text == "" {
		return "0s"
	}
	return text
}
