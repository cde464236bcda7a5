// Lists what an OCI layout holds, with the ORAS project's own library: `layout-consumer FOLDER TAG`. Every artifact is
// read whole, checked against its digest, and printed with the manifest that it belongs to.
package main

import (
	"context"
	_ "crypto/sha256"
	"encoding/json"
	"fmt"
	"log"
	"os"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/oci"
	"oras.land/oras-go/v2/registry"
)

func main() {
	ctx := context.Background()
	store, err := oci.NewFromFS(ctx, os.DirFS(os.Args[1]))
	check(err)
	root, err := store.Resolve(ctx, os.Args[2])
	check(err)
	list(ctx, store, root)
	platforms, err := content.Successors(ctx, store, root)
	check(err)
	for _, one := range platforms {
		list(ctx, store, one)
	}
}

func list(ctx context.Context, store content.ReadOnlyGraphStorage, subject ocispec.Descriptor) {
	referrers, err := registry.Referrers(ctx, store, subject, "")
	check(err)
	for _, one := range referrers {
		bytes, err := content.FetchAll(ctx, store, one)
		check(err)
		var manifest ocispec.Manifest
		check(json.Unmarshal(bytes, &manifest))
		for _, layer := range manifest.Layers {
			_, err := content.FetchAll(ctx, store, layer)
			check(err)
		}
		fmt.Println(subject.Digest, one.Digest, one.ArtifactType)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
