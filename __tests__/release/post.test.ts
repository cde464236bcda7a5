import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { postSteps } from '../../src/release/post.ts';

let dist: string;
beforeEach(async () => {
  dist = await mkdtemp(join(tmpdir(), 'post-'));
  for (const name of ['setup-go-cross', 'verify-health']) {
    await mkdir(join(dist, name));
    await writeFile(
      join(dist, name, 'index.js'),
      `require('node:fs').appendFileSync(${JSON.stringify(join(dist, 'said'))}, '${name} ' + process.env.STATE_key + '\\n')`,
    );
  }
});
afterEach(() => rm(dist, { recursive: true, force: true }));

test('post steps run from the last link to the first, each with its own state; a link without state has none', async () => {
  const begun = [
    { name: 'setup-go-cross', state: { key: 'a' } },
    { name: 'deploy-ssh-systemd', state: {} },
    { name: 'verify-health', state: { key: 'b' } },
  ] as const;
  await postSteps(begun, { dist, env: { RUNNER_TEMP: dist }, signal: new AbortController().signal });
  expect(await readFile(join(dist, 'said'), 'utf8')).toBe('verify-health b\nsetup-go-cross a\n');
});
