package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// silentAfter is when a connection that never sent a request stops counting as
// busy: the same five seconds that http.Server.Shutdown gives it.
const silentAfter = 5 * time.Second

// connections knows what every open connection is doing.
type connections struct {
	mu    sync.Mutex
	state map[net.Conn]connection
}

type connection struct {
	state http.ConnState
	since time.Time
}

// track is the server's ConnState hook.
func (c *connections) track(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == nil {
		c.state = map[net.Conn]connection{}
	}
	if state == http.StateClosed || state == http.StateHijacked {
		delete(c.state, conn)
		return
	}
	c.state[conn] = connection{state, time.Now()}
}

func (c *connections) busy(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.state {
		if one.state == http.StateActive || (one.state == http.StateNew && now.Sub(one.since) < silentAfter) {
			return true
		}
	}
	return false
}

// awaitQuiet returns when each accepted connection has its answer, or with the
// context's error. Shutdown alone is not enough: a request that arrives on an
// accepted connection just after Shutdown began is dropped without an answer
// (conn.serve in net/http returns once the server is shutting down).
func (c *connections) awaitQuiet(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for c.busy(time.Now()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
