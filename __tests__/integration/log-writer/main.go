// Command log-writer writes numbered lines to $LOGS_DIRECTORY/app.log as fast as a busy service, and opens it anew on
// SIGUSR1. Each thousandth line goes to standard error, too, as a warning.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	path := filepath.Join(os.Getenv("LOGS_DIRECTORY"), "app.log")
	file := open(path)
	reopen, end := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(reopen, syscall.SIGUSR1)
	signal.Notify(end, syscall.SIGTERM)
	tick := time.NewTicker(time.Millisecond)
	for n := 0; ; {
		select {
		case <-reopen:
			file.Close()
			file = open(path)
		case <-end:
			if _, err := fmt.Fprintf(file, "end %d\n", n); err != nil {
				log.Fatal(err)
			}
			return
		case <-tick.C:
			// a write of its own for each line, as loggers do
			for range 20 {
				n++
				if _, err := fmt.Fprintf(file, "line %d of a busy service\n", n); err != nil {
					log.Fatal(err)
				}
				if n%1000 == 0 {
					fmt.Fprintf(os.Stderr, "<4>warns at %d\n<6>informs at %d\n", n, n)
				}
			}
		}
	}
}

func open(path string) *os.File {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		log.Fatal(err)
	}
	return file
}
