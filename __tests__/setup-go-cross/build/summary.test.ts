import { expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../../src/core/record/schema.ts';
import type { Built } from '../../../src/setup-go-cross/build/execute.ts';
import { buildSummary, mergeSummary } from '../../../src/setup-go-cross/build/summary.ts';

const toolchain = { version: 'go1.26.8', source: 'GOPROXY', verifiedBy: 'checksum-database', hash: 'h1:x=' } as const;
const hash = (letter: string) => letter.repeat(64);
const release: ReleaseRecord = {
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1.0.0',
  commit: 'c0ffee',
  toolchain,
  tests: [{ command: 'go test ./...', result: 'passed', duration: 1200, packages: 3, tests: 7 }],
  binaries: ['a', 'b'].map(letter => ({
    package: 'example.com/hello',
    target: letter === 'a' ? 'linux/amd64' : 'linux/arm/v7',
    path: letter,
    size: 2_000_000,
    sha256: hash(letter),
  })),
  images: [],
  deployments: [],
};
const built = release.binaries.map(({ sha256, size }, index) => ({
  build: {
    package: { name: 'hello' },
    target: index === 0 ? { os: 'linux', arch: 'amd64' } : { os: 'linux', arch: 'arm', variant: 'v7' },
  },
  size,
  sha256,
  span: { name: 'x', start: 0, end: 1500 },
  compiled: index * 12,
})) as unknown as Built[];
const report = {
  toolchain,
  cacheHit: true,
  built,
  release,
  previous: undefined,
  spans: [],
  lines: ['GOTOOLCHAIN=go1.26.8 go build'],
  place: 'cmd/hello',
};

test('a build: programs with what the cache spared, tests, lines by hand', () => {
  const text = buildSummary(report);
  expect(text).toContain(`### hello v1.0.0

Toolchain: **go1.26.8**, proven by the checksum database (\`h1:x=\`). The runner’s cache was restored.

| Program | Target | Size | Time | Build cache | sha256 |
|---|---|---|---|---|---|
| hello | linux/amd64 | 2.0 MB | 1.5s | warm | \`${hash('a')}\` |
| hello | linux/arm/v7 | 2.0 MB | 1.5s | 12 compiled | \`${hash('b')}\` |

#### Tests

| Command | Result | Packages | Tests | Time |
|---|---|---|---|---|
| \`go test ./...\` | passed | 3 | 7 | 1.2s |
`);
  expect(text).toContain(`<details><summary>The same bytes by hand</summary>

In a clone of \`c0ffee\`, in the folder \`cmd/hello\`:

\`\`\`sh
GOTOOLCHAIN=go1.26.8 go build
\`\`\`

</details>`);
});

test('reproducibility has a column when it was looked at', () => {
  const [first, second] = release.binaries as [ReleaseRecord['binaries'][0], ReleaseRecord['binaries'][0]];
  const checked = {
    ...release,
    binaries: [
      { ...first, reproducible: true },
      { ...second, reproducible: false },
    ],
  };
  const text = buildSummary({ ...report, release: checked });
  expect(text).toContain(`| warm | yes | \`${hash('a')}\` |`);
  expect(text).toContain(`| 12 compiled | **no** | \`${hash('b')}\` |`);
});

test('a changed tree is said', () => {
  const text = buildSummary({ ...report, release: { ...release, version: 'v1.0.1-0.2026+dirty' } });
  expect(text).toContain('In a clone of `c0ffee` with the same changes, in the folder');
});

test('joined records: every target, and the sizes against the release before', () => {
  const text = mergeSummary(release, { ...release, version: 'v0.9.0' });
  expect(text).toContain(`| hello | linux/arm/v7 | 2.0 MB | \`${hash('b')}\` |`);
  expect(text).toContain('| `go test ./...` | passed |');
  expect(text).toContain('| linux/arm/v7 | 2.0 MB | 2.0 MB | the same |');
});
