package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// applyJSON reads one JSON object of known keys. Unlike encoding/json's own
// decoding into a struct it tells letter case apart, refuses a key given twice
// and names every problem, not only the first.
func (c *Config) applyJSON(name string, data []byte, source Source) (problems []error) {
	values, err := jsonObject(data)
	if err != nil {
		return []error{fmt.Errorf("%s: %w", name, err)}
	}
	for _, v := range values {
		f, known := fieldByKey(v.key)
		if !known {
			problems = append(problems, fmt.Errorf("%s: unknown key %q; allowed: %s", name, v.key, strings.Join(fieldKeys(), ", ")))
			continue
		}
		text, err := f.textOf(v.value)
		if err == nil {
			err = f.parse(c, text)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %s: %w", name, f.key, v.value, err))
			continue
		}
		c.Sources[f.key] = source
	}
	return problems
}

type keyValue struct {
	key   string
	value json.RawMessage
}

func jsonObject(data []byte) ([]keyValue, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("want one JSON object")
	}
	var values []keyValue
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("reading a key: %w", err)
		}
		v := keyValue{key: token.(string)} // inside an object the decoder gives only strings here
		if seen[v.key] {
			return nil, fmt.Errorf("key %q is given twice", v.key)
		}
		seen[v.key] = true
		if err := decoder.Decode(&v.value); err != nil {
			return nil, fmt.Errorf("reading the value of %q: %w", v.key, err)
		}
		values = append(values, v)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("reading the end of the object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one JSON object and nothing after it")
	}
	return values, nil
}
