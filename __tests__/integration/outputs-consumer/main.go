// Command consumer reads what a build left behind with the libraries of those who wrote the formats.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	cdx "github.com/CycloneDX/cyclonedx-go"
	provenance "github.com/in-toto/attestation/go/predicates/provenance/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

func main() {
	if err := read(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(sbom, statement string) error {
	file, err := os.Open(sbom)
	if err != nil {
		return err
	}
	defer file.Close()
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(file, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		return fmt.Errorf("SBOM: %w", err)
	}
	text, err := os.ReadFile(statement)
	if err != nil {
		return err
	}
	var said intoto.Statement
	if err := protojson.Unmarshal(text, &said); err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	if err := said.Validate(); err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	predicate, err := protojson.Marshal(said.Predicate)
	if err != nil {
		return err
	}
	var how provenance.Provenance
	if err := protojson.Unmarshal(predicate, &how); err != nil {
		return fmt.Errorf("predicate: %w", err)
	}
	if err := how.Validate(); err != nil {
		return fmt.Errorf("predicate: %w", err)
	}
	purls := []string{}
	for _, component := range *bom.Components {
		purls = append(purls, component.PackageURL)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"purls": purls, "subjects": len(said.Subject), "builder": how.RunDetails.Builder.Id})
}
