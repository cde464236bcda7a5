import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { recordSchema } from '../../src/core/record/schema.ts';
import { schemas } from '../../src/release/definitions.ts';
import { perform } from '../../src/release/perform.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-told-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const binary = (size: number) => ({
  package: 'example.com/hello',
  target: 'linux/amd64',
  path: 'hello',
  size,
  sha256: '1'.repeat(64),
});
const recordOf = (version: string, size: number) =>
  JSON.stringify({ schema: recordSchema, name: 'hello', version, binaries: [binary(size)] });

/** A build whose action is played by a few lines: it leaves a record of v1.1.0 behind. */
async function build(before: string) {
  const out = join(directory, 'slipway-out');
  const played = join(directory, 'dist', 'setup-go-cross');
  for (const folder of [out, played]) await mkdir(folder, { recursive: true });
  await writeFile(join(directory, 'before.json'), recordOf(before, 6_000_000));
  await writeFile(join(directory, 'made.json'), recordOf('v1.1.0', 9_000_000));
  await writeFile(
    join(played, 'index.js'),
    `const fs = require('fs');
    fs.copyFileSync(${JSON.stringify(join(directory, 'made.json'))}, ${JSON.stringify(join(out, 'release.json'))});
    fs.appendFileSync(process.env.GITHUB_OUTPUT, 'release=' + ${JSON.stringify(join(out, 'release.json'))} + '\\n');`,
  );
  await writeFile(join(directory, 'slipway.yml'), 'build: { targets: [linux/amd64], previous-release: before.json }\n');
  let summary = '';
  const result = await perform(
    { mode: 'build', config: 'slipway.yml', release: [], directory, summary: true },
    {
      dist: join(directory, 'dist'),
      schemas,
      env: { PATH: process.env['PATH'] },
      signal: new AbortController().signal,
      summary: async markdown => {
        summary += markdown;
      },
      onOutput: () => undefined,
    },
  );
  return { summary, page: await readFile(result.report!, 'utf8') };
}

test('the summary is the report in short, and the report compares with the release that the build was told', async () => {
  const { summary, page } = await build('v1.0.0');
  expect(summary).toMatch(/^## `hello` `v1\.1\.0`: ⚠️ inconclusive\n/);
  expect(summary).toContain('setup-go-cross');
  expect(page).toContain('Against v1.0.0">+3.0 MB (+50.0 %)</td>');
});

test('a release is not compared with itself, when its record has taken the place of the one before', async () => {
  expect((await build('v1.1.0')).page).not.toContain('Against');
});
