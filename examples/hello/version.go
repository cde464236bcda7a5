package main

import "runtime/debug"

// version and revision are set by -ldflags "-X main.version=… -X main.revision=…".
var version, revision string

// Build says what this binary was built from.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
}

var build = readBuild(version, revision, debug.ReadBuildInfo)

// readBuild takes the linker's values first, then what the go command stamped.
func readBuild(version, revision string, read func() (*debug.BuildInfo, bool)) Build {
	b := Build{Version: version, Revision: revision}
	if info, ok := read(); ok {
		b.Go = info.GoVersion
		if b.Version == "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && b.Revision == "" {
				b.Revision = s.Value
			}
		}
	}
	if b.Version == "" {
		b.Version = "unknown"
	}
	if b.Revision == "" {
		b.Revision = "unknown"
	}
	return b
}
