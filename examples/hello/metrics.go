package main

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Upper bounds in seconds. Dense between 1 ms and 1 s, so that a P99 read from
// them is off by no more than the factor between neighbours, 2 to 2.5.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

type requestKey struct {
	handler string
	code    int
}

type histogram struct {
	counts []uint64 // one per bucket, not yet cumulative; the last is +Inf
	sum    float64
}

// Metrics counts what the service does. Probes have a handler label of their
// own, so that they do not hide the error rate of /.
type Metrics struct {
	mu        sync.Mutex
	requests  map[requestKey]uint64
	durations map[string]*histogram
	reloads   map[string]uint64
	started   time.Time
	build     Build
}

// NewMetrics starts the series of / at zero: a rate over a counter that
// appears only with its first error misses that error.
func NewMetrics(build Build, started time.Time) *Metrics {
	return &Metrics{
		requests:  map[requestKey]uint64{{"/", 200}: 0, {"/", 500}: 0},
		durations: map[string]*histogram{},
		reloads:   map[string]uint64{"success": 0, "failure": 0},
		started:   started,
		build:     build,
	}
}

// Observe counts one answered request.
func (m *Metrics) Observe(handler string, code int, took time.Duration) {
	seconds := took.Seconds()
	bucket, _ := slices.BinarySearch(buckets, seconds) // the first bound >= seconds
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[requestKey{handler, code}]++
	h := m.durations[handler]
	if h == nil {
		h = &histogram{counts: make([]uint64, len(buckets)+1)}
		m.durations[handler] = h
	}
	h.counts[bucket]++
	h.sum += seconds
}

// Reloaded counts one reload of the configuration.
func (m *Metrics) Reloaded(ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok {
		m.reloads["success"]++
	} else {
		m.reloads["failure"]++
	}
}

// WriteTo writes the Prometheus text format, version 0.0.4.
func (m *Metrics) WriteTo(w io.Writer) (int64, error) {
	m.mu.Lock()
	var b strings.Builder
	head := func(name, kind, help string) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	head("http_requests_total", "counter", "Requests answered.")
	keys := make([]requestKey, 0, len(m.requests))
	for k := range m.requests {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b requestKey) int {
		return strings.Compare(fmt.Sprint(a.handler, " ", a.code), fmt.Sprint(b.handler, " ", b.code))
	})
	for _, k := range keys {
		fmt.Fprintf(&b, "http_requests_total{code=\"%d\",handler=%s} %d\n", k.code, quoteLabel(k.handler), m.requests[k])
	}
	head("http_request_duration_seconds", "histogram", "Time from request to answer.")
	for _, handler := range sortedKeys(m.durations) {
		writeHistogram(&b, handler, m.durations[handler])
	}
	head("config_reloads_total", "counter", "Reloads of the configuration, by result.")
	for _, result := range sortedKeys(m.reloads) {
		fmt.Fprintf(&b, "config_reloads_total{result=%s} %d\n", quoteLabel(result), m.reloads[result])
	}
	m.mu.Unlock()
	head("build_info", "gauge", "What this binary was built from; always 1.")
	fmt.Fprintf(&b, "build_info{goversion=%s,revision=%s,version=%s} 1\n", quoteLabel(m.build.Go), quoteLabel(m.build.Revision), quoteLabel(m.build.Version))
	head("process_start_time_seconds", "gauge", "Start of the process, seconds since 1970.")
	fmt.Fprintf(&b, "process_start_time_seconds %s\n", strconv.FormatFloat(float64(m.started.UnixMilli())/1000, 'f', 3, 64))
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func writeHistogram(b *strings.Builder, handler string, h *histogram) {
	label, total := quoteLabel(handler), uint64(0)
	for i, n := range h.counts {
		total += n
		bound := "+Inf"
		if i < len(buckets) {
			bound = strconv.FormatFloat(buckets[i], 'g', -1, 64)
		}
		fmt.Fprintf(b, "http_request_duration_seconds_bucket{handler=%s,le=\"%s\"} %d\n", label, bound, total)
	}
	fmt.Fprintf(b, "http_request_duration_seconds_sum{handler=%s} %s\n", label, strconv.FormatFloat(h.sum, 'g', -1, 64))
	fmt.Fprintf(b, "http_request_duration_seconds_count{handler=%s} %d\n", label, total)
}

// quoteLabel escapes what the text format wants escaped in a label value, and no more.
func quoteLabel(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
