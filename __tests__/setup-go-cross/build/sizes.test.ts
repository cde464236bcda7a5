import { expect, test } from '@jest/globals';
import type { Binary, ReleaseRecord } from '../../../src/core/record/schema.ts';
import { compareSizes, sizesSummary } from '../../../src/setup-go-cross/build/sizes.ts';

const binary = (target: string, size: number, name = 'hello'): Binary => ({
  package: `example.com/${name}`,
  target,
  size,
  path: name,
  sha256: 'a'.repeat(64),
});
const record = (version: string, binaries: Binary[]): ReleaseRecord => ({
  schema: 'slipway.release/v1',
  name: 'hello',
  version,
  binaries,
  images: [],
  deployments: [],
});

test('both, new and gone: those of this release first', () => {
  const rows = compareSizes(
    [binary('linux/386', 5e6), binary('linux/amd64', 6e6)],
    [binary('linux/amd64', 7e6), binary('linux/arm64', 8e6)],
  );
  expect(rows.map(({ target, before, now }) => [target, before, now])).toEqual([
    ['linux/amd64', 6e6, 7e6],
    ['linux/arm64', undefined, 8e6],
    ['linux/386', 5e6, undefined],
  ]);
});

test('table and chart', () => {
  const text = sizesSummary(
    record('v1.0.0', [binary('linux/amd64', 1e6), binary('linux/386', 3e6)]),
    record('v1.1.0', [binary('linux/amd64', 2e6), binary('linux/arm64', 4e6)]),
  );
  expect(text).toBe(`#### Sizes against v1.0.0

| Target | v1.0.0 | v1.1.0 | Change |
|---|---|---|---|
| linux/amd64 | 1.0 MB | 2.0 MB | +1.0 MB (+100.0 %) |
| linux/arm64 |  | 4.0 MB | new |
| linux/386 | 3.0 MB |  | not built here |

\`\`\`mermaid
---
config:
  xyChart:
    height: 202
  themeVariables:
    xyChart:
      plotColorPalette: "#3b78c2, #a9b6c4"
---
xychart-beta horizontal
    title "Sizes in v1.1.0 and in v1.0.0"
    x-axis ["linux/amd64", "linux/amd64 in v1.0.0", "linux/arm64", "linux/386 in v1.0.0"]
    y-axis "MB" 0 --> 4.400
    bar [2.000, 0.000, 4.000, 0.000]
    bar [0.000, 1.000, 0.000, 3.000]
\`\`\``);
});

test('several programs are named', () => {
  const text = sizesSummary(record('v1', []), record('v2', [binary('a/b', 1, 'one'), binary('a/b', 1, 'two')]));
  expect(text).toContain('"one a/b", "two a/b"');
  expect(text).toContain('| Program |');
});
