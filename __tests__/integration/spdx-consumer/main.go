// Reads an SPDX document with the SPDX project's own library, and lists what it finds.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdxlib"
)

func main() {
	document, err := json.Read(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	if err := spdxlib.ValidateDocument(document); err != nil {
		log.Fatal(err)
	}
	for _, one := range document.Packages {
		fmt.Println(one.PrimaryPackagePurpose, one.PackageExternalReferences[0].Locator)
	}
}
