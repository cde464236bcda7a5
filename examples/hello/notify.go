package main

import (
	"log/slog"
	"net"
	"os"
	"strings"
	"time"
)

// notify tells the supervisor about the state (sd_notify(3)); without
// NOTIFY_SOCKET it does nothing. A supervisor that cannot be reached is logged
// and no reason to stop serving.
func notify(log *slog.Logger, assignments ...string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	if err := sendNotification(path, strings.Join(assignments, "\n")); err != nil {
		log.Warn("notifying the supervisor", "socket", path, "error", err)
	}
}

// sendNotification writes one datagram. net takes a leading @ as the sign of
// an abstract socket, exactly as NOTIFY_SOCKET does.
func sendNotification(path, message string) error {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err = conn.Write([]byte(message))
	return err
}
