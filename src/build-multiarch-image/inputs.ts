import { define } from '../core/definition.ts';
import { SlipwayError } from '../core/errors.ts';
import { insecure } from '../core/registry/insecure.ts';
import { formatRepository, parseReference, parseRepository } from '../core/registry/reference.ts';
import { formatPlatform, parseTarget, platformOf } from '../core/target.ts';
import { bool, choice, int, lines, list, mapped, pairs, text } from '../core/values.ts';
import { parseAnnotations } from './annotations.ts';
import { parseBases } from './base-name.ts';
import { dockerfileInputs } from './dockerfile/inputs.ts';
import { parseFileRule } from './files/parse.ts';
import { smokeInputs } from './smoke/inputs.ts';
import { parseFlavor } from './tags/flavor.ts';
import { parseTagRule } from './tags/rule.ts';
import { argv, outputs, ports, sboms, sigstoreUrl, stopSignal, user, workdir } from './values.ts';

export const definition = define({
  name: 'build-multiarch-image',
  title: 'Slipway: build a multi-architecture image',
  description:
    'Makes one OCI image for all platforms from cross-built Go binaries, reproducibly, and pushes it: no Docker, no emulation.',
  icon: 'package',
  color: 'blue',
  inputs: {
    mode: {
      description:
        'Left empty: builds the image, pushes it and writes its tags. `build`: pushes the platforms of this job by digest, without tags; `merge` joins them under one index and writes the tags. `retag` gives an image of the record other tags and places. `plan` shows what would be pushed and writes nothing.',
      value: choice('build', 'merge', 'retag', 'plan'),
    },
    source: {
      description:
        'The image that `retag` promotes: `REPOSITORY`, with a tag or digest; the record must name its digest. Default: the only image of the record.',
      value: mapped(text, 'HOST/PATH[:TAG][@DIGEST]', parseReference),
    },
    'previous-release': {
      description: 'Record of the release before; the summary then shows how the sizes of the image changed.',
      value: text,
    },
    images: {
      description:
        'Repositories to push to, one a line, each with its registry: `ghcr.io/acme/hello`. Default of `merge` and `retag`: where the image is already.',
      value: mapped(list, 'repositories with their registry, such as ghcr.io/acme/hello, one a line', items => [
        ...new Map(items.map(parseRepository).map(one => [formatRepository(one), one])).values(),
      ]),
      default: '',
    },
    tags: {
      description:
        'One a line: a tag, or a rule `type=semver|match|ref|edge|schedule|raw|sha,…` as of docker/metadata-action. Default: the version.',
      value: mapped(lines, 'tags or rules such as type=semver,pattern={{version}}, one a line', items =>
        items.map(parseTagRule),
      ),
      default: '',
    },
    flavor: {
      description:
        'For all tags, as of docker/metadata-action: `latest=auto|true|false`, `prefix=…[,onlatest=true]`, `suffix=…[,onlatest=true]`, one a line.',
      value: mapped(lines, 'latest=auto, prefix=TEXT or suffix=TEXT, one a line', parseFlavor),
      default: '',
    },
    latest: {
      description:
        '`highest`: the tag `latest` only moves to the highest stable version that the registry has; `any`: it moves to every release that asks for it.',
      value: choice('highest', 'any'),
      default: 'highest',
    },
    'immutable-tags': {
      description: 'Globs of tags that are never overwritten with another digest, such as `v*` or `*.*.*`.',
      value: list,
      default: '',
    },
    platforms: {
      description: 'Platforms of the image, such as `linux/amd64,linux/arm/v7`. Default: those of all Linux binaries.',
      value: mapped(list, 'Linux platforms such as linux/amd64 and linux/arm/v7', items =>
        [...new Set(items)].map(item => {
          const target = parseTarget(item);
          if (target.os !== 'linux') throw new SlipwayError('PLATFORM_INVALID', `"${item}" is not a Linux platform`);
          return formatPlatform(platformOf(target));
        }),
      ),
      default: '',
    },
    binaries: {
      description:
        'Binaries where no record names them: globs or templates with {name} {os} {arch} {variant}, one a line. Files of other systems are left out.',
      value: lines,
      default: '',
    },
    base: {
      description:
        '`scratch` (with certificates, zone data, users and /tmp), an image of a registry, or `oci-layout:PATH`; best by digest. A line `linux/arm64=BASE` is for one platform.',
      value: mapped(
        lines,
        '[PLATFORM=]scratch, HOST/PATH[:TAG][@DIGEST] or oci-layout:PATH[:TAG][@DIGEST]',
        parseBases,
      ),
      default: 'scratch',
    },
    files: {
      description:
        'More files: `SRC:DEST[:MODE]`, one a line. SRC is a file, folder or glob, DEST absolute; with `/` at its end sources go into it.',
      value: mapped(lines, 'SRC:DEST[:MODE] such as web/dist:/srv/www or config.yml:/etc/app/:0640', items =>
        items.map(parseFileRule),
      ),
      default: '',
    },
    'media-types': {
      description: '`oci`, or `docker` for what only reads Docker’s older manifests; those have no annotations.',
      value: choice('oci', 'docker'),
      default: 'oci',
    },
    compression: {
      description: 'Of the layers: `gzip`, which everything reads, or `zstd`, some 10 % smaller.',
      value: choice('gzip', 'zstd'),
      default: 'gzip',
    },
    'layer-cache': {
      description:
        'Folder that keeps compressed layers for later runs, or `off`. Default: `slipway-layers` in the runner’s tool cache.',
      value: text,
    },
    entrypoint: {
      description: 'Arguments, one a line or as JSON. Default: the binary, `/usr/local/bin/NAME`.',
      value: argv,
      default: '',
    },
    cmd: { description: 'Default arguments, one a line or as JSON.', value: argv, default: '' },
    env: { description: 'Environment of the container: `NAME=value`, one a line.', value: pairs, default: '' },
    user: { description: 'User that the program runs as, best by number.', value: user, default: '65532' },
    workdir: { description: 'Folder that the program starts in. Default: the base’s, else `/`.', value: workdir },
    ports: { description: 'Ports that the program listens on, such as `8080` or `53/udp`.', value: ports, default: '' },
    'stop-signal': {
      description:
        'Signal that stops the program: a name such as `SIGINT`, or a number. Default: the base’s, else SIGTERM.',
      value: stopSignal,
    },
    labels: {
      description: 'Labels: `NAME=value`, one a line. Version, revision, source and time are set from the record.',
      value: pairs,
      default: '',
    },
    annotations: {
      description:
        'Annotations: `NAME=value`, one a line, for index and manifests; `index:NAME=value` or `manifest:NAME=value` for one.',
      value: mapped(pairs, '[index:|manifest:]NAME=value, one a line', parseAnnotations),
      default: '',
    },
    sbom: {
      description:
        'SBOMs of each platform from what Go wrote into its programs, attached in the registry: `cyclonedx`, `spdx`, both, or `none`.',
      value: sboms,
      default: 'none',
    },
    provenance: {
      description: 'Attach SLSA v1 provenance to the index and each platform.',
      value: bool,
      default: 'false',
    },
    sign: {
      description:
        'Sign the image and its attestations: `key` by `signing-key`, `keyless` by the GitHub job’s identity (`permissions: id-token: write`). Cosign and `gh attestation` verify it.',
      value: choice('none', 'key', 'keyless'),
      default: 'none',
    },
    'signing-key': {
      description: 'Content of cosign.key, or a PEM private key: ECDSA P-256 or Ed25519.',
      value: text,
      secret: true,
    },
    'signing-password': { description: 'Password of `signing-key`.', value: text, secret: true },
    'fulcio-url': {
      description:
        'Certificate authority of a Sigstore of your own. Default: the public one for public repositories, GitHub’s for private ones.',
      value: sigstoreUrl,
    },
    'rekor-url': { description: 'Transparency log that belongs to it.', value: sigstoreUrl },
    'timestamp-url': { description: 'Timestamp authority that belongs to it.', value: sigstoreUrl },
    ...dockerfileInputs,
    ...smokeInputs,
    push: { description: 'Push to `images`.', value: bool, default: 'true' },
    output: {
      description:
        'Also write the image to files, one a line: `oci-layout:PATH` (a folder, attestations included), `oci-archive:PATH.tar`, or `docker-archive:PATH.tar` for `docker load`, which holds one platform: this machine’s, else the only one.',
      value: outputs,
      default: '',
    },
    insecure: {
      description:
        'Registries that are reached by plain HTTP: hosts, or `true` for all. This machine itself always is.',
      value: insecure,
      default: 'false',
    },
    'registry-username': {
      description: 'User at the registry of `images`. Otherwise: Docker’s config.json; GITHUB_TOKEN for ghcr.io.',
      value: text,
    },
    'registry-password': { description: 'Password or token that belongs to it.', value: text, secret: true },
    'registry-ca': {
      description:
        'Certificates of a private authority that the registries are signed by: the path of a PEM file, or its text.',
      value: text,
    },
    concurrency: { description: 'Blobs that are pushed at once, to each registry.', value: int(1, 32), default: '4' },
    'aws-role': {
      description:
        'For Amazon ECR: ARN of the role that the job’s OIDC identity may assume (`permissions: id-token: write`). Without it AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are used where they are set.',
      value: text,
    },
    'google-identity-provider': {
      description:
        'For Google’s registries: `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/NAME`, with `permissions: id-token: write`.',
      value: text,
    },
    'google-service-account': {
      description: 'E-mail of the service account that this identity acts as; without it, as itself.',
      value: text,
    },
    'azure-client-id': {
      description: 'For Azure’s registries: the application whose federated credential names this job.',
      value: text,
    },
    'azure-tenant-id': { description: 'The tenant that it belongs to.', value: text },
  },
  outputs: {
    digest: 'Digest of the image index.',
    image: '`REPOSITORY@DIGEST` of the first repository; empty when nothing was pushed.',
    tags: 'Full references that were written, one a line; in `plan` those that would be.',
    metadata:
      'JSON as of docker/build-push-action: `containerimage.digest`, `containerimage.descriptor`, `image.name`.',
    release: 'Path of the release record.',
  },
});
