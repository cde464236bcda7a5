package main

import (
	"strings"
	"testing"
	"time"
)

func TestMetricsText(t *testing.T) {
	m := NewMetrics(Build{Version: "v1.2.3", Revision: `a"b\c`, Go: "go1.26.8"}, time.UnixMilli(1700000000250))
	m.Observe("/", 200, 10*time.Millisecond) // a bound belongs to its own bucket
	m.Observe("/", 500, 11*time.Millisecond)
	m.Observe("/", 200, 20*time.Second)
	m.Observe("other", 404, 0)
	m.Reloaded(false)
	var b strings.Builder
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# TYPE http_requests_total counter",
		`http_requests_total{code="200",handler="/"} 2`,
		`http_requests_total{code="500",handler="/"} 1`,
		`http_requests_total{code="404",handler="other"} 1`,
		"# TYPE http_request_duration_seconds histogram",
		`http_request_duration_seconds_bucket{handler="/",le="0.005"} 0`,
		`http_request_duration_seconds_bucket{handler="/",le="0.01"} 1`,
		`http_request_duration_seconds_bucket{handler="/",le="0.025"} 2`,
		`http_request_duration_seconds_bucket{handler="/",le="10"} 2`,
		`http_request_duration_seconds_bucket{handler="/",le="+Inf"} 3`,
		`http_request_duration_seconds_sum{handler="/"} 20.021`,
		`http_request_duration_seconds_count{handler="/"} 3`,
		`http_request_duration_seconds_bucket{handler="other",le="0.0005"} 1`,
		`config_reloads_total{result="failure"} 1`,
		`config_reloads_total{result="success"} 0`,
		`build_info{goversion="go1.26.8",revision="a\"b\\c",version="v1.2.3"} 1`,
		"process_start_time_seconds 1700000000.250",
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("missing line %s\nin\n%s", want, b.String())
		}
	}
}

func TestErrorSeriesStartsAtZero(t *testing.T) {
	var b strings.Builder
	if _, err := NewMetrics(Build{}, time.Now()).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `http_requests_total{code="500",handler="/"} 0`) {
		t.Error(b.String())
	}
}
