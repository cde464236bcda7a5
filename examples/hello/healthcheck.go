package main

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// healthcheck asks the running service for its readiness: for images that hold
// nothing but this binary, where no curl is at hand.
func healthcheck(listen string) error {
	url := "http://" + probeAddress(listen) + "/readyz"
	// No proxy: the question is whether this machine's own process answers.
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{}}
	response, err := client.Get(url)
	if err != nil {
		return fmt.Errorf("probing: %w", err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("probing: %s answered %s", url, response.Status)
	}
	return nil
}

// probeAddress is where a listener on the given address can be reached from
// its own machine. An address of numbers, since a bare image resolves no names.
func probeAddress(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
