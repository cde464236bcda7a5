import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { command, root, temporaryFolder } from '../e2e/support.ts';
import { describeWith } from '../integration/lab.ts';

const folder = await temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  readonly goal: string;
  readonly met?: boolean;
}

await describeWith(['go', 'peer:goreleaser'], 'npm run bench -- cross --short', () => {
  test('goes through every part with every contender; its figures are none, so that no goal is judged', async () => {
    const out = join(folder, 'cross.json');
    const said = await command([process.execPath, 'scripts/bench.mjs', 'cross', '--short', '--out', out], {
      cwd: root,
      timeout: 570_000,
    });
    const { rows, versions } = JSON.parse(await readFile(out, 'utf8')) as { rows: Row[]; versions: object };
    expect(rows.map(({ name }) => name)).toEqual([
      expect.stringContaining('cold, against goreleaser build'),
      expect.stringContaining('cold, against go build'),
      expect.stringContaining('edited, against goreleaser build'),
      expect.stringContaining('edited, against go build'),
      expect.stringContaining('nothing changed, against the same go build'),
      expect.stringContaining('tool cache to PATH'),
      '`go env` in a build',
      'go started in mode setup',
      expect.stringContaining('one dependency changed, against setup-go'),
      expect.stringContaining('nothing changed, against setup-go'),
      expect.stringContaining('against the working set'),
      expect.stringContaining('growth from run 1'),
      expect.stringContaining('setup-go’s'),
    ]);
    for (const { ours, peer, met } of rows) expect([ours > 0, peer > 0, met]).toEqual([true, true, undefined]);
    // These two do not depend on the machine.
    const counts = rows.filter(({ name }) => /^`go env`|^go started/.test(name));
    expect(counts.map(({ ours }) => ours)).toEqual([1, 1]);
    expect(versions).toMatchObject({ go: expect.stringMatching(/^go1\./), goreleaser: expect.any(String) });
    expect(said).not.toContain('MISSED');
  }, 600_000);
});

await describeWith(
  [
    'go',
    'peer:ko',
    'peer:crane',
    'peer:buildkitd',
    'peer:buildctl',
    'peer:distribution-registry',
    'package:buildah',
    'package:runc',
  ],
  'npm run bench -- image --short',
  () => {
    test('goes through every part with every contender; its figures are none, so that no goal is judged', async () => {
      const out = join(folder, 'image.json');
      const said = await command([process.execPath, 'scripts/bench.mjs', 'image', '--short', '--out', out], {
        cwd: root,
        timeout: 290_000,
      });
      const { rows, versions } = JSON.parse(await readFile(out, 'utf8')) as { rows: Row[]; versions: object };
      const named = (text: RegExp) => rows.filter(({ name }) => text.test(name));
      expect(rows.map(({ name }) => name)).toEqual([
        expect.stringContaining('new repository, against all of `ko build`'),
        expect.stringContaining('with setup-go-cross, against `ko build`'),
        expect.stringContaining('with layers cached, against `ko build`'),
        expect.stringContaining('against BuildKit'),
        expect.stringContaining('against buildah'),
        expect.stringContaining('layers cached, against `ko build`'),
        expect.stringContaining('fresh runner, against `ko build`'),
        'nothing changed: uploaded, against the first push',
        'one program changed: layers uploaded, of all',
        expect.stringContaining('memory for a layer of 20 MB'),
        ...Array(2)
          .fill(['round trips, against crane', 'what that adds', 'all of it'])
          .flat()
          .map(text => expect.stringContaining(text)),
        expect.stringContaining('examples/hello'),
        expect.stringContaining('pulled'),
        expect.stringContaining('unpacked'),
      ]);
      for (const { met } of rows) expect(met).toBeUndefined();
      for (const { name, ours, peer } of named(/^(?!.*(uploaded, against|what that adds))/))
        expect([name, ours > 0, peer > 0]).toEqual([name, true, true]);
      // These do not depend on the machine.
      const count = (text: RegExp) => named(text).map(({ ours }) => ours);
      expect(count(/uploaded, against the first push|layers uploaded/)).toEqual([0, 1]);
      const [plain, sealed] = count(/round trips/);
      expect(plain).toBeLessThanOrEqual(3);
      expect(sealed).toBeLessThanOrEqual(6);
      const [hello] = named(/^examples.hello/);
      expect(hello!.ours - hello!.peer).toBeLessThanOrEqual(4);
      for (const peer of ['ko', 'buildkit', 'crane', 'registry'])
        expect(versions).toMatchObject({ [peer]: expect.stringMatching(/^v\d+\./) });
      expect(versions).toMatchObject({ buildah: expect.stringMatching(/^\d+\./) });
      expect(said).not.toContain('MISSED');
    }, 300_000);
  },
);
