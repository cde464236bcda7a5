import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { runWorkflow } from '../e2e/act.ts';
import { command, removeFolder, repositoryOf, root, temporaryFolder } from '../e2e/support.ts';
import { describeWith } from '../integration/lab.ts';

const limit = 300_000;
const program = 'package main\n\nfunc main() { println("hello") }\n';

await describeWith('peer:act', 'the workflows of the README under act', lab => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder), 60_000);

  /** The record of the artifact `release`, whose files are as its sums say. */
  async function release(name: string, change: (text: string) => string, files: Record<string, string> = {}) {
    const workflow = change(await readFile(join(root, 'examples/workflows', name), 'utf8'));
    const all = { ...files, '.github/workflows/release.yml': workflow };
    const edits = Object.fromEntries(Object.entries(all).map(([path, text]) => [path, () => text]));
    const repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.2.3', edits);
    const { artifacts } = await runWorkflow({
      act: lab['peer:act'],
      folder,
      repository,
      workflow: '.github/workflows/release.yml',
      variables: {},
      secrets: {},
      timeout: limit - 30_000,
    });
    const text = await readFile(join(artifacts, 'release', 'release.json'), 'utf8');
    const sums = await command(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: join(artifacts, 'release') });
    return { record: JSON.parse(text) as ReleaseRecord, sums };
  }

  test(
    'a matrix over GOARCH gives one release with both binaries',
    async () => {
      const { record, sums } = await release('goarch-matrix.yml', text => text);
      expect(record.version).toBe('v1.2.3');
      expect(record.binaries.map(one => one.target).sort()).toEqual(['linux/amd64', 'linux/arm64']);
      for (const name of ['hello-linux-amd64', 'hello-linux-arm64']) expect(sums).toContain(`${name}: OK`);
    },
    limit,
  );

  test(
    'a plan in shards gives one release with every program for every target',
    async () => {
      const targets = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'wasip1/wasm', 'windows/amd64'];
      const few = (text: string) => text.replace(/TARGETS: .*/, `TARGETS: ${targets.join(', ')}`);
      const programs = { 'cmd/one/main.go': program, 'cmd/two/main.go': program };
      const { record } = await release('plan-shards.yml', few, programs);
      const built = record.binaries.map(one => `${one.package.split('/').at(-1)} ${one.target}`);
      expect(built.sort()).toEqual(['one', 'two'].flatMap(name => targets.map(target => `${name} ${target}`)).sort());
    },
    limit,
  );
});
