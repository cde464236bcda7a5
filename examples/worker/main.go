// Command worker does something at intervals and listens nowhere. It tells systemd when it is ready and that it still
// works (sd_notify): a worker that hangs is restarted, and a release that does not start working is taken back.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	every, err := time.ParseDuration(or(os.Getenv("WORKER_EVERY"), "1s"))
	if err != nil {
		log.Fatal("WORKER_EVERY: ", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	work()
	notify("READY=1")
	for {
		select {
		case <-ctx.Done():
			notify("STOPPING=1")
			return
		case <-ticker.C:
			work()
			notify("WATCHDOG=1")
		}
	}
}

// work is where a real worker takes something from a queue or a table.
func work() { log.Print("worked") }

// notify does nothing where nobody listens.
func notify(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		log.Print("notifying systemd: ", err)
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
