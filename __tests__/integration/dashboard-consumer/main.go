// Reads a dashboard with the types that Grafana publishes of its model, strictly: a field that they do not have, or a value of another
// type, is an error. Says how many panels it has found.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	runtime := cog.NewRuntime()
	runtime.RegisterPanelcfgVariant(timeseries.VariantConfig())
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	var read dashboard.Dashboard
	for _, err := range []error{read.UnmarshalJSONStrict(raw), read.Validate()} {
		// the library returns an empty list where it has found nothing
		var found cog.BuildErrors
		if err != nil && (!errors.As(err, &found) || len(found) > 0) {
			log.Fatal(err)
		}
	}
	fmt.Println(len(read.Panels))
}
