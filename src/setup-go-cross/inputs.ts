import { define } from '../core/definition.ts';
import { SlipwayError } from '../core/errors.ts';
import { bool, choice, duration, int, lines, list, mapped, text } from '../core/values.ts';
import { packagePatterns, tagList } from './package-values.ts';
import { targets } from './targets-value.ts';
import { parseArchitecture } from './toolchain/host.ts';
import { type SourceName, sourceNames } from './toolchain/source-names.ts';

/** A version goes into file names, flags of the linker and records: no spaces, no quotes. */
const version = mapped(text, 'a version without spaces and quotes, e.g. v1.2.3', word => {
  if (/^[\w.+~/-]+$/.test(word)) return word;
  throw new SlipwayError('VERSION_INVALID', 'it holds characters that a version cannot have');
});

const architecture = mapped(text, 'an architecture that Go runs on, e.g. x64, arm64 or x86', parseArchitecture);

const sources = mapped(list, `any of ${sourceNames.join(', ')}, in the order to try them`, (words): SourceName[] => {
  const wrong = words.find(word => !sourceNames.includes(word as SourceName));
  if (wrong === undefined && new Set(words).size === words.length) return words as SourceName[];
  throw new SlipwayError(
    'SOURCE_UNKNOWN',
    wrong === undefined ? 'a source is named twice' : `there is no source "${wrong}"`,
  );
});

const parallelism = mapped(text, '`auto` or a number from 1', (word): 'auto' | number => {
  if (word === 'auto') return word;
  if (/^[1-9]\d{0,3}$/.test(word)) return Number(word);
  throw new SlipwayError('PARALLELISM_INVALID', `"${word}" is neither`);
});

const archiveNames = ['auto', 'tar.gz', 'zip'] as const;
export type ArchiveName = (typeof archiveNames)[number];

const archives = mapped(list, `any of ${archiveNames.join(', ')}`, (words): ArchiveName[] => {
  const wrong = words.find(word => !archiveNames.includes(word as ArchiveName));
  if (wrong === undefined) return [...new Set(words as ArchiveName[])];
  throw new SlipwayError('ARCHIVE_UNKNOWN', `"${wrong}" is none of them`);
});

export const definition = define({
  name: 'setup-go-cross',
  title: 'Slipway: set up Go and cross-build',
  description:
    'Installs a verified Go toolchain, sets up its caches, and builds every target; each binary is read back and checked against the plan.',
  icon: 'package',
  color: 'blue',
  inputs: {
    'go-version': {
      description:
        'Go to install: `1.26.8`, `1.26.x` or `1.26` (the newest patch), a range, `1.27rc1`, `stable` or `oldstable` (the newest patch of the line before). Left empty: `go-version-file` decides.',
      value: text,
    },
    'go-version-file': {
      description:
        'go.mod, go.work, .go-version or .tool-versions. The `go` and `toolchain` lines mean what they mean to the go command. Left empty: go.work or go.mod of `working-directory` or above it, else `stable`.',
      value: text,
    },
    'go-version-policy': {
      description:
        '`exact`: the version as it is named; `patch`: the newest patch of it, where a file or an input names one. What GOTOOLCHAIN names stays.',
      value: choice('exact', 'patch'),
      default: 'exact',
    },
    'check-latest': {
      description: 'Asks the sources for the newest Go that fits a range, also where the tool cache has one that fits.',
      value: bool,
      default: 'false',
    },
    architecture: {
      description: 'Of the Go to install: `x64`, `arm64`, `x86`, … Left empty: that of this machine.',
      value: architecture,
    },
    'toolchain-sources': {
      description:
        'Where Go may come from, in the order to try: `tool-cache`, `index` (go.dev), `mirror` (`go-download-base-url`), `goproxy`. Left empty: the tool cache, the mirror if there is one, else the index, then GOPROXY.',
      value: sources,
      default: '',
    },
    token: {
      description: 'Token for this GitHub, for a mirror that it hosts; sent to no other origin.',
      value: text,
      secret: true,
    },
    mode: {
      description:
        '`setup` installs Go; `build` also builds (the default when `targets` or `packages` is set); `plan` only gives the output `matrix`; `merge` joins the records that `release` names.',
      value: choice('setup', 'build', 'plan', 'merge'),
    },
    targets: {
      description:
        'What to build for: `os/arch[/variant]` (`linux/amd64`, `linux/arm/v7`, `wasip1/wasm`), `all-linux`, or machines (`synology:DS920+`, `raspberry-pi:4`). Left empty: this machine. `merge` checks that each is there.',
      value: targets,
      default: '',
    },
    packages: {
      description: 'Import paths or patterns; the main packages among them are built. Left empty: `.`.',
      value: packagePatterns,
      default: '',
    },
    output: {
      description:
        'Path of a binary; `{name}`, `{os}`, `{arch}`, `{variant}`, `{target}` (`linux-arm-v7`), `{version}`, `{commit}` and `{ext}` are filled in.',
      value: text,
      default: 'slipway-out/{name}-{os}-{arch}{variant}{ext}',
    },
    version: {
      description:
        'Version of the release, also stamped into the variable `main.version`. Left empty: the tag on HEAD, else Go’s pseudo-version, and nothing is stamped.',
      value: version,
    },
    ldflags: {
      description: 'Flags for the linker; the placeholders of `output` are filled in.',
      value: text,
      default: '-s -w',
    },
    tags: { description: 'Build tags.', value: tagList, default: '' },
    trimpath: { description: 'Leaves paths of this machine out of the binaries.', value: bool, default: 'true' },
    buildmode: {
      description:
        'What `go build -buildmode` makes: `exe`, `pie`, `c-shared` or `c-archive` (with its C header beside it). Left empty: Go’s default for the target.',
      value: choice('exe', 'pie', 'c-shared', 'c-archive'),
    },
    cgo: {
      description: '`off`: pure Go; `gcc`: C code too, by the cross compilers of Debian; `zig`: by `zig cc`.',
      value: choice('off', 'zig', 'gcc'),
      default: 'off',
    },
    parallelism: {
      description:
        'How many programs are built at once: a number, or `auto`, from the cores and the memory of this machine (or of its cgroup) and from what the first build took.',
      value: parallelism,
      default: 'auto',
    },
    reproducible: {
      description: '`check` builds everything again, in another folder with an empty cache, and compares the bytes.',
      value: choice('off', 'check'),
      default: 'off',
    },
    test: {
      description:
        'Runs `go mod verify`, `go vet` and `go test` on this machine, before anything is built; a failure ends the step. In mode `setup` too.',
      value: bool,
      default: 'false',
    },
    sbom: {
      description: 'A CycloneDX document beside every binary, from what the binary itself says of its modules.',
      value: bool,
      default: 'true',
    },
    provenance: {
      description: 'A SLSA provenance statement (in-toto, not signed) for the binaries: toolchain, arguments, commit.',
      value: bool,
      default: 'true',
    },
    archives: {
      description:
        'Packs every binary: `tar.gz`, `zip`, or both; `auto` is zip for Windows and tar.gz for the rest. The same bytes every time.',
      value: archives,
      default: '',
    },
    'archive-files': {
      description:
        'Files that go into every archive beside the binary, paths or globs, e.g. `LICENSE` and `README.md`.',
      value: lines,
      default: '',
    },
    shards: {
      description:
        'For `plan`: into how many jobs of about the same length the targets are divided. Left empty: one job a target.',
      value: int(1, 256),
    },
    'previous-release': {
      description: 'Record of the release before; the summary then shows how the sizes changed. In mode `merge` too.',
      value: text,
    },
    'problem-matchers': {
      description: 'Shows build errors and failed tests of this and of later steps as annotations.',
      value: bool,
      default: 'true',
    },
    cache: {
      description:
        'Keeps module downloads and build results in the runner’s cache: `auto` where there is one, except in runs for a tag or for pull_request_target.',
      value: choice('auto', 'true', 'false'),
      default: 'auto',
    },
    'cache-dir': {
      description:
        'A folder that outlives the job and may be shared by many builders and machines; used instead of the runner’s cache.',
      value: text,
    },
    'toolchain-dir': {
      description: 'A folder for toolchains that many builders share; used instead of the runner’s tool cache.',
      value: text,
    },
    'cache-dependency-path': {
      description: 'Files whose change makes a new cache, paths or globs. Left empty: go.mod, go.sum, go.work.',
      value: lines,
      default: '',
    },
    'cache-save': {
      description: '`false` restores the runner’s cache and leaves it as it is, e.g. in pull requests.',
      value: bool,
      default: 'true',
    },
    'cache-restore-timeout': {
      description: 'Past it the build goes on without the runner’s cache.',
      value: duration,
      default: '2m',
    },
    'network-timeout': {
      description:
        'A toolchain source or module proxy that sends less than 1 kB a second for so long counts as hanging; the step then says which one.',
      value: duration,
      default: '2m',
    },
    goproxy: {
      description:
        'GOPROXY for this job, toolchain included. Left empty: that of the environment or of `go env`, else Go’s default.',
      value: text,
    },
    goprivate: {
      description: 'GOPRIVATE for this job: patterns of modules that no proxy and no checksum database is asked about.',
      value: text,
    },
    'private-token': {
      description:
        'Token for private modules: one, for the hosts of `goprivate` (else this GitHub), or lines `HOST=TOKEN`. Only our own go commands get it; in mode `setup` the modules are downloaded for later steps.',
      value: text,
      secret: true,
    },
    gosumdb: {
      description:
        'GOSUMDB for this job, toolchain included: `NAME+HASH+KEY [URL]`. Left empty: that of the environment, else sum.golang.org.',
      value: text,
    },
    'go-download-base-url': {
      description: 'A mirror with the same index as go.dev/dl. Left empty: GO_DOWNLOAD_BASE_URL, else none.',
      value: text,
    },
  },
  outputs: {
    'go-version': 'Version of the installed Go, e.g. `1.26.8`.',
    'cache-hit': '`true` when a cache was restored.',
    release: 'Path of the release record.',
    binaries: 'The binaries as JSON: `[{package, target, path, size, sha256}]`.',
    archives: 'The archives as JSON: `[{target, path, size, sha256}]`.',
    matrix:
      '`strategy.matrix` as JSON: `{targets, name}` for every shard, or one entry a target, with `{target, goos, goarch, variant, env}` too; `packages` and `machines` where they were given.',
  },
  post: true,
});
