import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { extract } from 'tar-stream';
import { certificates } from '../../src/build-multiarch-image/assets/ca-certificates.ts';
import { scratch } from '../../src/build-multiarch-image/assets/scratch.ts';
import { type LayerContent, writeLayer } from '../../src/build-multiarch-image/layer.ts';
import { scratchFolders, scratchGround } from '../../src/build-multiarch-image/scratch.ts';
import { sha256 } from '../../src/core/files.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import type { Entry } from '../../src/core/tar.ts';

const signal = new AbortController().signal;
const seconds = 1_767_319_445;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-layer-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function entriesOf(archive: Buffer) {
  const found: Record<string, unknown>[] = [];
  const reader = extract();
  reader.end(gunzipSync(archive));
  for await (const entry of reader) {
    const { name, mode, uid, gid, type, mtime, uname, gname } = entry.header;
    found.push({ name, mode: mode!.toString(8), uid, gid, type, seconds: mtime!.getTime() / 1000, uname, gname });
    entry.resume();
  }
  return found;
}

describe('a layer', () => {
  const content = Buffer.alloc(3_000_000, 'slipway ');
  async function entries(): Promise<Entry[]> {
    const path = join(folder, 'program');
    await writeFile(path, content, { mode: 0o600 });
    return [
      { name: 'bin/', mode: 0o755 },
      { name: 'bin/program', mode: 0o755, content: { path, sha256: sha256(content) } },
      { name: 'note', mode: 0o644, uid: 1, gid: 2, content: Buffer.from('note') },
    ];
  }

  const whole = async (): Promise<LayerContent> => ({
    name: 'a',
    entries: await entries(),
    seconds,
    compression: 'gzip',
  });

  test('has these very bytes, on every machine', async () => {
    const layer = await writeLayer(folder, await whole(), signal);
    expect([layer.diffId, layer.descriptor.digest, layer.descriptor.size]).toEqual([
      'sha256:8d3c86fcfbcbc616b88691dd3864c0e037493414bcd03b20a855d5f087a259bc',
      'sha256:ae3061171a42fc09d64183c7dfd905e0e5b264430f0a0e0420b71abd3c6223ee',
      4573,
    ]);
  });

  test('is described by its bytes', async () => {
    const { descriptor, diffId, unpacked, blob } = await writeLayer(folder, await whole(), signal);
    const bytes = await readFile(join(folder, 'a.layer'));
    const tar = gunzipSync(bytes);
    expect([descriptor.digest, descriptor.size]).toEqual([digestOf(bytes), bytes.length]);
    expect([diffId, unpacked]).toEqual([digestOf(tar), tar.length]);
    const again = [];
    for await (const chunk of await blob.open(signal)) again.push(chunk);
    expect(Buffer.concat(again)).toEqual(bytes);
  });

  test('takes owner, mode and time from nobody', async () => {
    await writeLayer(folder, await whole(), signal);
    const plain = { uid: 0, gid: 0, seconds, uname: '', gname: '' };
    expect(await entriesOf(await readFile(join(folder, 'a.layer')))).toEqual([
      { ...plain, name: 'bin/', mode: '755', type: 'directory' },
      { ...plain, name: 'bin/program', mode: '755', type: 'file' },
      { ...plain, name: 'note', mode: '644', type: 'file', uid: 1, gid: 2 },
    ]);
  });

  test('is not made of a file that changed after it was recorded', async () => {
    const before = await whole();
    await writeFile(join(folder, 'program'), `${content}!`);
    await expect(writeLayer(folder, before, signal)).rejects.toMatchObject({
      code: 'BINARY_CHANGED',
    });
  });

  test('ends when the run is cancelled', async () => {
    const reason = new Error('cancelled');
    await expect(writeLayer(folder, await whole(), AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('scratch', () => {
  const assets = new URL('../../src/build-multiarch-image/assets/', import.meta.url);
  const layer = readFileSync(new URL('scratch.tar.gz', assets));

  test('is the committed layer, as its description says', async () => {
    const { layers } = await scratchGround();
    expect(layers.map(one => [one.blob.descriptor.digest, one.blob.descriptor.size, one.diffId])).toEqual([
      [digestOf(layer), layer.length, digestOf(gunzipSync(layer))],
    ]);
    expect([scratch.digest, scratch.unpacked]).toEqual([digestOf(layer), gunzipSync(layer).length]);
    expect(layer.length).toBeLessThan(200_000);
  });

  test('has certificates, zone data, users and a /tmp for all', async () => {
    const found = await entriesOf(layer);
    const plain = found.filter(({ name }) => !`${name}`.startsWith('usr/share/zoneinfo/'));
    expect(plain.map(entry => `${entry['mode']} ${entry['uid']} ${entry['name']}`)).toEqual([
      '755 0 etc/',
      '644 0 etc/group',
      '644 0 etc/passwd',
      '755 0 etc/ssl/',
      '755 0 etc/ssl/certs/',
      '644 0 etc/ssl/certs/ca-certificates.crt',
      '755 0 home/',
      '700 65532 home/nonroot/',
      '1777 0 tmp/',
      '755 0 usr/',
      '755 0 usr/share/',
    ]);
    const names = new Set(found.map(({ name }) => name));
    for (const zone of ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/Argentina/Ushuaia'])
      expect(names).toContain(`usr/share/zoneinfo/${zone}`);
    expect(found.filter(({ seconds: time }) => time !== 0)).toEqual([]);
    for (const folder of scratchFolders) expect(names).toContain(folder);
  });

  test('has the certificates of the committed list', async () => {
    const pem = readFileSync(new URL('ca-certificates.pem', assets));
    expect(sha256(pem)).toBe(certificates.sha256);
    expect(gunzipSync(layer).includes(pem)).toBe(true);
    expect(pem.toString().match(/BEGIN CERTIFICATE/g)).toHaveLength(certificates.count);
  });
});
