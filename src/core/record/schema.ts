import * as v from 'valibot';

/** The major version is part of the name: another major is refused, unknown fields of this one are kept. */
export const recordSchema = 'slipway.release/v1';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is not a hex sha256'));
const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'is not a digest (sha256:…)'));
const size = v.pipe(v.number(), v.integer(), v.minValue(0));
/** ISO 8601, UTC. */
const time = v.pipe(v.string(), v.isoTimestamp());

export const Toolchain = v.looseObject({
  /** As Go says it: `go1.26.8`. */
  version: v.string(),
  /** Where it came from: `tool-cache`, a URL without credentials, `GOPROXY`. */
  source: v.string(),
  verifiedBy: v.picklist(['checksum-database', 'sha256', 'runner-image']),
  /** `h1:…` or hex sha256 of what was downloaded. */
  hash: v.string(),
});

export const Binary = v.looseObject({
  /** Import path of the main package. */
  package: v.string(),
  /** `os/arch[/variant]`. */
  target: v.string(),
  /** On disk: relative to the record's folder. In memory: absolute. */
  path: v.string(),
  /** Bytes. */
  size,
  sha256,
  /** Whether a second build in another folder gave the same bytes; absent when nobody asked. */
  reproducible: v.optional(v.boolean()),
  /** Path of the C header of a library, as `path` is. */
  header: v.optional(v.string()),
  /** Names of machines that the target was built for: `synology:DS920+`. */
  machines: v.optional(v.array(v.string())),
  /** Path of its CycloneDX document, as `path` is. */
  sbom: v.optional(v.string()),
  /** What compiled its C code; absent in pure Go. */
  compiler: v.optional(v.looseObject({ name: v.string(), version: v.string(), sha256 })),
  /** Files that `//go:embed` took in; the path is relative to the repository or working directory. */
  embedded: v.optional(v.array(v.looseObject({ path: v.string(), sha256, ignored: v.optional(v.boolean()) }))),
});

/** A packed binary. */
export const Archive = v.looseObject({
  target: v.string(),
  /** As a binary's. */
  path: v.string(),
  size,
  sha256,
});

/** What `test: true` ran before the build, and what came of it. */
export const TestRun = v.looseObject({
  /** `go mod verify`, `go vet ./...`, `go test ./...`. */
  command: v.string(),
  result: v.picklist(['passed', 'failed']),
  /** Milliseconds. */
  duration: v.number(),
  packages: v.optional(v.number()),
  tests: v.optional(v.number()),
});

export const ImagePlatform = v.looseObject({
  /** `os/arch[/variant]`. */
  platform: v.string(),
  /** Of the platform's manifest. */
  digest,
  /** Of the image configuration; some runtimes report it as the imageID. */
  config: digest,
  /** Compressed bytes of configuration and layers. */
  size,
  /** Of these, the layers of the base. */
  base: v.optional(size),
  /** sha256 of the binaries inside. */
  binaries: v.array(sha256),
});

/** A statement on the image, attached to it in its registries. */
export const Attestation = v.looseObject({
  /** Of the artifact's manifest. */
  digest,
  /** The predicate's type, e.g. `https://slsa.dev/provenance/v1`. */
  type: v.string(),
  /** Of the index or of a platform's manifest. */
  subject: digest,
  artifactType: v.string(),
  /** `key HINT` (sha256 of the public key in base64) or `keyless`; absent for an unsigned one. */
  signedBy: v.optional(v.string()),
  /** Of `keyless`: whom the certificate names, and who vouches for that, as cosign is asked for them. */
  identity: v.optional(v.looseObject({ subject: v.string(), issuer: v.string() })),
});

export const Image = v.looseObject({
  /** Without tag: `ghcr.io/acme/hello`. */
  repositories: v.array(v.string()),
  /** Of the index. */
  digest,
  tags: v.array(v.string()),
  platforms: v.array(ImagePlatform),
  /** One job's platforms, pushed without tags; a merge replaces the parts by the image. */
  part: v.optional(v.boolean()),
  attestations: v.array(Attestation),
});

export const deploymentStates = [
  'healthy',
  'progressing',
  /** Held at its weight by hand, to be resumed. */
  'paused',
  'inconclusive',
  'rolled-back',
  'failed',
  'unchanged',
  /** Not looked at: nobody answered there. What it serves is not known. */
  'unreachable',
  /** Left as it was, because another place failed before, or the run was cancelled. */
  'not-begun',
  /** Taken away; nothing serves there. */
  'removed',
] as const;

export const Deployment = v.looseObject({
  kind: v.picklist(['ssh-systemd', 'kubernetes']),
  /** `deploy@host:22`, or `context/namespace`. */
  place: v.string(),
  /** Unit name, or `Deployment/NAME`, `StatefulSet/NAME`, `DaemonSet/NAME`. */
  service: v.string(),
  /** sha256 of the binary (hosts). */
  binary: v.optional(sha256),
  /** `repository@sha256:…` (clusters). */
  image: v.optional(v.string()),
  /** Id of the release that was deployed. */
  release: v.string(),
  /** Id of the release before it; empty at a first deploy. */
  previous: v.string(),
  state: v.picklist(deploymentStates),
  /** Who started it: actor and run, or user and host. */
  by: v.string(),
  started: time,
  ended: v.optional(time),
  /** Depends on the kind; `spans` are its steps: `{ name, started, ended, failed? }`. */
  evidence: v.looseObject({}),
});

export const Check = v.looseObject({
  name: v.string(),
  verdict: v.picklist(['passed', 'failed', 'inconclusive']),
  /** Code for scripts, when it did not pass. */
  reason: v.optional(v.string()),
  /** `check`, `identity`, `record`. */
  kind: v.optional(v.string()),
  /** What was seen, for people. */
  detail: v.optional(v.string()),
  /** Attempts over time, of the few that the report draws; milliseconds, `from` since the first. */
  series: v.optional(
    v.array(v.looseObject({ from: v.number(), attempts: v.number(), failures: v.number(), slowest: v.number() })),
  ),
});

export const verdicts = ['verified', 'failed', 'inconclusive'] as const;

export const Verification = v.looseObject({
  verdict: v.picklist(verdicts),
  checks: v.array(Check),
  reasons: v.array(v.string()),
  at: time,
});

/** A rule that somebody set aside, with the reason. */
export const Override = v.looseObject({
  /** `freeze from Fri 16:00 to Mon 08:00 (Europe/Berlin): weekend`. */
  what: v.string(),
  /** Where the rule is written: `slipway.yml:12`. */
  place: v.string(),
  reason: v.string(),
  by: v.string(),
  at: time,
});

export const ReleaseRecord = v.looseObject({
  schema: v.literal(recordSchema),
  name: v.string(),
  version: v.string(),
  /** Full git sha; absent outside a repository. */
  commit: v.optional(v.string()),
  commitTime: v.optional(time),
  /** Whether files were changed or not committed when it was built. */
  modified: v.optional(v.boolean()),
  toolchain: v.optional(Toolchain),
  tests: v.optional(v.array(TestRun)),
  binaries: v.optional(v.array(Binary), []),
  archives: v.optional(v.array(Archive)),
  /** Paths of the in-toto statements on the binaries, as a binary's path is. */
  provenance: v.optional(v.array(v.string())),
  images: v.optional(v.array(Image), []),
  deployments: v.optional(v.array(Deployment), []),
  verification: v.optional(Verification),
  overrides: v.optional(v.array(Override)),
});

export type Toolchain = v.InferOutput<typeof Toolchain>;
export type Archive = v.InferOutput<typeof Archive>;
export type TestRun = v.InferOutput<typeof TestRun>;
export type Binary = v.InferOutput<typeof Binary>;
export type Image = v.InferOutput<typeof Image>;
export type Attestation = v.InferOutput<typeof Attestation>;
export type ImagePlatform = v.InferOutput<typeof ImagePlatform>;
export type Deployment = v.InferOutput<typeof Deployment>;
export type Check = v.InferOutput<typeof Check>;
export type Override = v.InferOutput<typeof Override>;
export type Verification = v.InferOutput<typeof Verification>;
/** The release record: the evidence of every link of the chain of custody. */
export type ReleaseRecord = v.InferOutput<typeof ReleaseRecord>;
