import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LayerContent } from '../../src/build-multiarch-image/layer.ts';
import { cachedLayers, cacheFolder } from '../../src/build-multiarch-image/layer-cache.ts';
import { sha256 } from '../../src/core/files.ts';
import { digestOf } from '../../src/core/oci/digest.ts';

const signal = new AbortController().signal;
let top: string;
let cache: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'slipway-layers-'));
  cache = join(top, 'cache');
});
afterEach(() => rm(top, { recursive: true }));

const program = Buffer.alloc(400_000, 'a program ');

async function contentOf(change: Partial<LayerContent> = {}): Promise<LayerContent> {
  const path = join(top, 'program');
  await writeFile(path, program);
  const entries = [{ name: 'program', mode: 0o755, content: { path, sha256: sha256(program) } }];
  return { name: 'a', entries, seconds: 7, compression: 'gzip', ...change };
}

/** Makes the layer as a run of its own would, and says whether its bytes came from the cache. */
async function makes(content: LayerContent) {
  const folder = await mkdtemp(join(top, 'run-'));
  const before = existsSync(cache) ? await readdir(cache) : [];
  const layer = await cachedLayers(cache, folder)(content, signal);
  const added = (await readdir(cache)).filter(name => !before.includes(name));
  expect(digestOf(await readFile(layer.path))).toBe(layer.descriptor.digest);
  return { layer, fromCache: added.length === 0 };
}
const only = async () => join(cache, (await readdir(cache))[0]!);

describe('the layer cache', () => {
  test.each(['gzip', 'zstd'] as const)('gives the same layer a second time: %s', async compression => {
    const content = await contentOf({ compression });
    const first = await makes(content);
    const second = await makes(content);
    expect([first.fromCache, second.fromCache]).toEqual([false, true]);
    const { path: _, blob: __, ...said } = first.layer;
    expect(second.layer).toMatchObject(said);
  });

  test.each<[string, Partial<LayerContent>]>([
    ['another time', { seconds: 8 }],
    ['another compression', { compression: 'zstd' }],
    ['another name in the image', { entries: [{ name: 'other', mode: 0o755, content: program }] }],
    ['another mode', { entries: [{ name: 'program', mode: 0o700, content: program }] }],
  ])('%s is another layer', async (_, change) => {
    await makes(await contentOf());
    expect((await makes(await contentOf(change))).fromCache).toBe(false);
  });

  test('a program that changed after it was recorded is refused, hit or not', async () => {
    const content = await contentOf();
    await makes(content);
    await writeFile(join(top, 'program'), `${program}!`);
    await expect(makes(content)).rejects.toMatchObject({ code: 'BINARY_CHANGED' });
  });

  test.each<[string, (path: string) => Promise<void>]>([
    ['cut off', path => truncate(path, 300)],
    ['no gzip', path => writeFile(path, 'hello')],
    ['another program', path => writeFile(path, gzipSync('another program'))],
    ['far more than the layer', path => writeFile(path, gzipSync(Buffer.alloc(5_000_000)))],
  ])('what was kept is %s: it is made again, and kept anew', async (_, damage) => {
    const content = await contentOf();
    const first = await makes(content);
    await damage(await only());
    const second = await makes(content);
    expect(second.layer.descriptor).toEqual(first.layer.descriptor);
    expect(digestOf(await readFile(await only()))).toBe(first.layer.descriptor.digest);
  });

  test('what nobody used for a month goes, and what is used stays', async () => {
    await makes(await contentOf());
    const [old, other] = [await only(), join(cache, 'a'.repeat(64))];
    await writeFile(other, 'x');
    const past = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    await utimes(old, past, past);
    expect((await makes(await contentOf())).fromCache).toBe(true); // used: young again
    expect((await stat(old)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    await utimes(other, past, past);
    await writeFile(join(cache, 'README'), 'not ours');
    await makes(await contentOf({ seconds: 9 }));
    expect([existsSync(other), existsSync(join(cache, 'README')), existsSync(old)]).toEqual([false, true, true]);
  });

  test('a cache that cannot be written to costs nothing but time', async () => {
    await writeFile(cache, 'a file');
    const folder = join(top, 'run');
    await mkdir(folder);
    const layer = await cachedLayers(cache, folder)(await contentOf(), signal);
    expect(digestOf(await readFile(layer.path))).toBe(layer.descriptor.digest);
  });
});

test.each([
  ['off', { RUNNER_TOOL_CACHE: '/tools' }, undefined],
  [undefined, {}, undefined],
  [undefined, { RUNNER_TOOL_CACHE: '/tools' }, '/tools/slipway-layers'],
  ['layers', { RUNNER_TOOL_CACHE: '/tools' }, '/work/layers'],
])('layer-cache %s with %j is %s', (given, env, expected) => {
  expect(cacheFolder(given, '/work', env)).toBe(expected);
});
