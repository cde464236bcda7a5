module example.com/consumer

go 1.26

require (
	github.com/CycloneDX/cyclonedx-go v0.12.0
	github.com/in-toto/attestation v1.2.0
	google.golang.org/protobuf v1.36.12
)
