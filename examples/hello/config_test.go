package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
)

func load(environment map[string]string, file string) (*Config, error) {
	lookup := func(name string) (string, bool) { v, ok := environment[name]; return v, ok }
	readFile := func(path string) ([]byte, error) {
		if path != "hello.json" {
			return nil, fs.ErrNotExist
		}
		return []byte(file), nil
	}
	return LoadConfig(lookup, readFile)
}

func TestEmbeddedDefaultHasEveryKey(t *testing.T) {
	config, err := load(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range fieldKeys() {
		if config.Sources[key] != fromDefault {
			t.Errorf("%s: source %q, want default", key, config.Sources[key])
		}
	}
}

// Each key is tried on each level: the default, a file over it, the environment over both.
func TestPrecedence(t *testing.T) {
	tests := []struct {
		key, file, environment                 string
		wantDefault, wantFile, wantEnvironment any
	}{
		{"listen", `":8081"`, "127.0.0.1:8082", ":8080", ":8081", "127.0.0.1:8082"},
		{"greeting", `"from file"`, "from environment", "Hello", "from file", "from environment"},
		{"log_level", `"warn"`, "debug", "info", "warn", "debug"},
		{"drain_delay", `"1s"`, "2s", "0s", "1s", "2s"},
		{"stop_grace", `"1s"`, "2s", "10s", "1s", "2s"},
		{"error_rate", `0.25`, "1", 0.0, 0.25, 1.0},
		{"latency", `"5ms"`, "6ms", "0s", "5ms", "6ms"},
		{"ready_delay", `"5ms"`, "6ms", "0s", "5ms", "6ms"},
		{"crash_after", `"5m"`, "6m", "0s", "5m0s", "6m0s"},
		{"start_crash", `true`, "false", false, true, false},
	}
	tried := []string{}
	for _, test := range tests {
		tried = append(tried, test.key)
		t.Run(test.key, func(t *testing.T) {
			f, _ := fieldByKey(test.key)
			file := `{"` + test.key + `": ` + test.file + `}`
			levels := []struct {
				environment map[string]string
				want        any
				source      Source
			}{
				{nil, test.wantDefault, fromDefault},
				{map[string]string{configFileVariable: "hello.json"}, test.wantFile, fromFile},
				{map[string]string{configFileVariable: "hello.json", f.variable(): test.environment}, test.wantEnvironment, fromEnvironment},
				{map[string]string{f.variable(): test.environment}, test.wantEnvironment, fromEnvironment},
			}
			for _, level := range levels {
				config, err := load(level.environment, file)
				if err != nil {
					t.Fatal(err)
				}
				if got := f.show(config); got != level.want || config.Sources[test.key] != level.source {
					t.Errorf("%v: got %v from %s, want %v from %s", level.environment, got, config.Sources[test.key], level.want, level.source)
				}
			}
		})
	}
	if !reflect.DeepEqual(tried, fieldKeys()) {
		t.Errorf("keys tried %v, keys there are %v", tried, fieldKeys())
	}
}

func TestBadInputIsNamed(t *testing.T) {
	tests := []struct {
		name, file, variable, value string
		want                        []string
	}{
		{"unknown key", `{"latncy": "1s"}`, "", "", []string{"hello.json", `"latncy"`, "latency"}},
		{"letter case counts", `{"Listen": ":1"}`, "", "", []string{`"Listen"`}},
		{"key twice", `{"listen": ":1", "listen": ":2"}`, "", "", []string{`"listen"`, "twice"}},
		{"not JSON", `listen = 1`, "", "", []string{"hello.json", "object"}},
		{"cut off", `{"listen": ":1"`, "", "", []string{"hello.json"}},
		{"more than one object", `{} {}`, "", "", []string{"nothing after"}},
		{"wrong type", `{"error_rate": "0.5"}`, "", "", []string{"error_rate", "number"}},
		{"null", `{"greeting": null}`, "", "", []string{"greeting", "string"}},
		{"duration without unit in file", `{"latency": "5"}`, "", "", []string{"latency", "unit"}},
		{"duration without unit", `{}`, "HELLO_STOP_GRACE", "5", []string{`HELLO_STOP_GRACE="5"`, "unit"}},
		{"zero without unit", `{}`, "HELLO_LATENCY", "0", []string{"HELLO_LATENCY", "unit"}},
		{"negative duration", `{}`, "HELLO_LATENCY", "-1s", []string{"HELLO_LATENCY"}},
		{"rate too high", `{}`, "HELLO_ERROR_RATE", "1.01", []string{"HELLO_ERROR_RATE", "0 to 1"}},
		{"rate below zero", `{"error_rate": -0.1}`, "", "", []string{"error_rate", "0 to 1"}},
		{"rate no number", `{}`, "HELLO_ERROR_RATE", "NaN", []string{"HELLO_ERROR_RATE"}},
		{"listen without port", `{}`, "HELLO_LISTEN", "localhost", []string{"HELLO_LISTEN", "host:port"}},
		{"port too high", `{}`, "HELLO_LISTEN", ":65536", []string{"HELLO_LISTEN", "65535"}},
		{"level", `{}`, "HELLO_LOG_LEVEL", "INFO", []string{"HELLO_LOG_LEVEL", "info"}},
		{"bool", `{}`, "HELLO_START_CRASH", "yes", []string{"HELLO_START_CRASH", "true"}},
		{"empty variable", `{}`, "HELLO_GREETING", "", []string{"HELLO_GREETING"}},
		{"all at once", `{"latncy": "1s", "listen": "x"}`, "HELLO_ERROR_RATE", "2", []string{"latncy", "listen", "HELLO_ERROR_RATE"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			environment := map[string]string{configFileVariable: "hello.json"}
			if test.variable != "" {
				environment[test.variable] = test.value
			}
			config, err := load(environment, test.file)
			if err == nil {
				t.Fatalf("got %+v, want an error", config)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %q", err, want)
				}
			}
		})
	}
}

func TestMissingFileIsAnError(t *testing.T) {
	if _, err := load(map[string]string{configFileVariable: "absent.json"}, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestVariablesThatKubernetesSetsAreLeftAlone(t *testing.T) {
	if _, err := load(map[string]string{"HELLO_PORT": "tcp://192.0.2.9:80", "HELLO_SERVICE_HOST": "192.0.2.9"}, ""); err != nil {
		t.Error(err)
	}
}

func TestReloadKeepsWhatNeedsARestart(t *testing.T) {
	old, err := load(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	next, err := load(map[string]string{configFileVariable: "hello.json"}, `{"listen": ":9", "greeting": "new", "crash_after": "1h", "ready_delay": "1s", "start_crash": true}`)
	if err != nil {
		t.Fatal(err)
	}
	merged, waiting := keepFixed(old, next)
	if merged.Greeting != "new" || merged.Sources["greeting"] != fromFile {
		t.Errorf("greeting %q from %s", merged.Greeting, merged.Sources["greeting"])
	}
	for _, f := range fields {
		if !f.live && (f.show(merged) != f.show(old) || merged.Sources[f.key] != fromDefault) {
			t.Errorf("%s changed to %v from %s", f.key, f.show(merged), merged.Sources[f.key])
		}
	}
	if want := []string{"listen", "ready_delay", "crash_after", "start_crash"}; !reflect.DeepEqual(waiting, want) {
		t.Errorf("waiting for a restart: %v, want %v", waiting, want)
	}
}

func FuzzApplyJSON(f *testing.F) {
	for _, seed := range []string{string(defaultJSON), `{}`, `{"latency":"1s"}`, `{"a":{}}`, `[`, `{"listen":`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		config := &Config{Sources: map[string]Source{}}
		problems := config.applyJSON("fuzz", data, fromFile)
		if len(problems) == 0 && !json.Valid(data) {
			t.Errorf("took %q, which is not JSON", data)
		}
	})
}
