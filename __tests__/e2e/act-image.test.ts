import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { describeWith } from '../integration/lab.ts';
import { runWorkflow } from './act.ts';
import { command, removeFolder, repositoryOf, root, temporaryFolder } from './support.ts';

const limit = 300_000;
const file = 'image-matrix.yml';

await describeWith(['registry', 'peer:act', 'peer:crane'], 'an image in a matrix, then a merge, under act', lab => {
  const repository = `e2e-act/matrix-${process.pid}-${Date.now()}`;
  const image = `${lab.registry.host}/${repository}`;
  const crane = async (...argv: string[]) => (await command([lab['peer:crane'], ...argv, '--insecure'])).trim();
  let folder: string;
  let record: ReleaseRecord;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const example = await readFile(join(root, 'examples/workflows', file), 'utf8');
    const workflow = example
      .replace('ghcr.io/${{ github.repository }}"', `${image}", insecure: "${lab.registry.host}"`)
      .replace('mode: merge,', `mode: merge, insecure: "${lab.registry.host}",`)
      .replace('{ push: { tags: ["v*"] } }', 'push');
    const path = `.github/workflows/${file}`;
    const { artifacts } = await runWorkflow({
      act: lab['peer:act'],
      folder,
      repository: await repositoryOf('hello', join(folder, 'repository'), 'v1.2.3', { [path]: () => workflow }),
      workflow: path,
      variables: {},
      secrets: {},
      timeout: limit - 30_000,
    });
    record = JSON.parse(await readFile(join(artifacts, 'release', 'release.json'), 'utf8'));
  }, limit);
  afterAll(() => removeFolder(folder), 60_000);

  test('the workflow is no longer than 25 lines', async () => {
    const text = await readFile(join(root, 'examples/workflows', file), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });

  test('the record has one image with both platforms', () => {
    expect(record.images).toHaveLength(1);
    expect(record.images[0]).toMatchObject({ repositories: [image], tags: ['1.2.3', 'latest'] });
    expect(record.images[0]!.platforms.map(one => one.platform)).toEqual(['linux/amd64', 'linux/arm64']);
    const built = record.binaries.map(one => one.sha256);
    expect(record.images[0]!.platforms.map(one => built.includes(one.binaries[0]!))).toEqual([true, true]);
  });

  test('crane finds that image under its tag, whole', async () => {
    expect(await crane('digest', `${image}:1.2.3`)).toBe(record.images[0]!.digest);
    await crane('validate', '--remote', `${image}:1.2.3`);
    expect((await crane('ls', image)).split('\n').sort()).toEqual(['1.2.3', 'latest']);
  }, 60_000);
});
