// Command worker does its work once and ends: a timer starts it. Its exit code says whether it worked, and a SIGTERM ends
// it in the middle.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0) // the journal has the time
	takes, err := time.ParseDuration(or(os.Getenv("WORKER_TAKES"), "100ms"))
	if err != nil {
		log.Fatal("WORKER_TAKES: ", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log.Print("begins")
	if err := work(ctx, takes); err != nil {
		log.Fatal("did not end: ", err)
	}
	log.Print("done")
}

// work is where a real worker takes something from a queue or a table.
func work(ctx context.Context, takes time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(takes):
		return nil
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
