// regional: a service whose errors and latency are set by region, and which counts its requests as client libraries do.
// LISTEN (:8080), VERSION, ERRORS ("eu=0.5,us=0"), LATENCY ("0s"), UNREADY_AFTER and EAT_AFTER ("0s": never); a request says its region: /?region=eu.
// /grow-old?errors=0.3 makes this one process fail so often in every region, as one does that has run for long.
package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var bounds = []float64{.001, .005, .025, .1, .25, 1, 5}

type counters struct {
	codes   map[string]int
	buckets []int // the last is +Inf; not cumulative
}

var (
	mu      sync.Mutex
	regions = map[string]*counters{}
	ageing  atomic.Uint64 // share of errors, as the bits of a float64
)

func observe(region string, code int, took time.Duration) {
	mu.Lock()
	defer mu.Unlock()
	c := regions[region]
	if c == nil {
		c = &counters{codes: map[string]int{}, buckets: make([]int, len(bounds)+1)}
		regions[region] = c
	}
	c.codes[strconv.Itoa(code)]++
	c.buckets[sort.SearchFloat64s(bounds, took.Seconds())]++
}

func metrics(w http.ResponseWriter, _ *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	for region, c := range regions {
		for code, n := range c.codes {
			fmt.Fprintf(w, "http_requests_total{region=%q,code=%q} %d\n", region, code, n)
		}
		total := 0
		for i, n := range c.buckets {
			total += n
			le := "+Inf"
			if i < len(bounds) {
				le = strconv.FormatFloat(bounds[i], 'g', -1, 64)
			}
			fmt.Fprintf(w, "http_request_duration_seconds_bucket{region=%q,le=%q} %d\n", region, le, total)
		}
	}
}

// eat uses more memory until the kernel ends it.
func eat() {
	for kept := [][]byte{}; ; {
		kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
	}
}

func main() {
	env := func(key, fallback string) string {
		if value := os.Getenv(key); value != "" {
			return value
		}
		return fallback
	}
	started := time.Now()
	unready, _ := time.ParseDuration(env("UNREADY_AFTER", "0s"))
	hungry, _ := time.ParseDuration(env("EAT_AFTER", "0s"))
	latency, _ := time.ParseDuration(env("LATENCY", "0s"))
	rates := map[string]float64{}
	for _, one := range strings.Split(env("ERRORS", ""), ",") {
		region, rate, _ := strings.Cut(one, "=")
		rates[region], _ = strconv.ParseFloat(rate, 64)
	}
	ok := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }
	http.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if unready > 0 && time.Since(started) > unready {
			http.Error(w, "not any more", http.StatusServiceUnavailable)
			return
		}
		ok(w, r)
	})
	http.HandleFunc("/healthz", ok)
	http.HandleFunc("/metrics", metrics)
	http.HandleFunc("/grow-old", func(w http.ResponseWriter, r *http.Request) {
		rate, err := strconv.ParseFloat(r.URL.Query().Get("errors"), 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ageing.Store(math.Float64bits(rate))
		ok(w, r)
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		began, region, code := time.Now(), r.URL.Query().Get("region"), 200
		time.Sleep(latency)
		if rand.Float64() < max(rates[region], math.Float64frombits(ageing.Load())) {
			code = 500
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, "{\"version\":%q}\n", env("VERSION", "none"))
		observe(region, code, time.Since(began))
	})
	if hungry > 0 {
		time.AfterFunc(hungry, eat)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { panic(http.ListenAndServe(env("LISTEN", ":8080"), nil)) }()
	<-stop
	time.Sleep(3 * time.Second) // endpoints hear of it a moment later
}
