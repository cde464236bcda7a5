import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { type Blob, mustBeAsBefore, Pieces, stream } from '../../src/deploy-ssh-systemd/upload.ts';

const unpacked = (bytes: Buffer) => (bytes.length === 0 ? bytes : gunzipSync(bytes));

/** Reads a stream as the agent does: by lines and lengths. */
function decode(bytes: Buffer): { name: string; from: number; content: Buffer }[] {
  let at = 0;
  const line = () => {
    const end = bytes.indexOf('\n', at);
    const text = bytes.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  const files = [];
  for (let head = line(); head !== 'end'; head = line()) {
    const [name = '', from] = head.split(' ');
    const pieces: Buffer[] = [];
    for (let length = Number(line()); length > 0; length = Number(line())) {
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    files.push({ name, from: Number(from), content: unpacked(Buffer.concat(pieces)) });
  }
  expect(at).toBe(bytes.length);
  return files;
}

describe('stream', () => {
  let folder: string;
  let blobs: Blob[];
  const contents = [
    Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => (index * 7 + (index >> 9)) % 251)),
    Buffer.alloc(1 << 20, 'x'), // exactly one piece
    Buffer.alloc(0),
  ];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-upload-'));
    blobs = await Promise.all(
      contents.map(async (content, index) => {
        const source = join(folder, String(index));
        await writeFile(source, content);
        const sum = sha256(content);
        return { name: sum, sha256: sum, mode: '755', path: String(index), size: content.length, source };
      }),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const send = async (uploaded: Record<number, number>, pieces = new Pieces()) => {
    const there = new Map(Object.entries(uploaded).map(([index, size]) => [blobs[Number(index)]!.name, size]));
    let sent = 0;
    const all = await Array.fromAsync(stream(blobs, there, pieces, 'gzip', bytes => (sent += bytes)));
    return { files: decode(Buffer.concat(all)), sent };
  };

  test.each<[string, Record<number, number>, number[]]>([
    ['everything', {}, [0, 0, 0]],
    ['from where it was cut, also within a piece', { 0: 1_500_001 }, [1_500_001, 0, 0]],
    ['what had come to its end', { 0: 2_500_000, 1: 1 << 20 }, [2_500_000, 1 << 20, 0]],
    ['all of what is there too long', { 1: 2 << 20 }, [0, 0, 0]],
  ])('%s', async (_name, uploaded, offsets) => {
    const { files, sent } = await send(uploaded);
    expect(files.map(one => one.from)).toEqual(offsets);
    expect(files.map(one => one.name)).toEqual(blobs.map(one => one.name));
    expect(files.every((one, index) => one.content.equals(contents[index]!.subarray(offsets[index]!)))).toBe(true);
    expect(sent).toBeLessThan(3_000_000);
  });

  test('a second host gets the same pieces', async () => {
    const pieces = new Pieces();
    const [first, second] = [await send({}, pieces), await send({}, pieces)];
    expect(second.sent).toBe(first.sent);
    expect(second.files.every((one, index) => one.content.equals(first.files[index]!.content))).toBe(true);
    expect(pieces.of(blobs[0]!, 0, 'gzip')).toBe(pieces.of(blobs[0]!, 0, 'gzip'));
  });

  test('a file that changed after it was read is told as that', async () => {
    const signal = AbortSignal.timeout(5000);
    await expect(mustBeAsBefore(blobs, folder, signal)).resolves.toBeUndefined();
    const changed = { ...blobs[1]!, sha256: '0'.repeat(64) };
    await expect(mustBeAsBefore([changed], folder, signal)).rejects.toMatchObject({ code: 'BINARY_CHANGED' });
  });
});
