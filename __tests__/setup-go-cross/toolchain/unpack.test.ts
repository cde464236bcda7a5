import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dirHash } from '../../../src/setup-go-cross/toolchain/dirhash.ts';
import { treeHash } from '../../../src/setup-go-cross/toolchain/install-record.ts';
import { unpackTarGz, unpackZip } from '../../../src/setup-go-cross/toolchain/unpack.ts';
import { goroot, h1, tarGz, zip } from './archives.ts';

let folder: string;
let into: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-unpack-'));
  into = join(folder, 'into');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const files = goroot('1.99.1');

async function unpack(kind: 'zip' | 'tar.gz', bytes: Buffer) {
  const path = join(folder, 'archive');
  writeFileSync(path, bytes);
  return (kind === 'zip' ? unpackZip : unpackTarGz)(path, into, { prefix: 'go/' }, signal);
}

describe.each(['zip', 'tar.gz'] as const)('%s', kind => {
  const make = (content: Record<string, string>) => (kind === 'zip' ? zip('go/', content) : tarGz('go/', content));

  test('files, modes and the hash of Go’s dirhash', async () => {
    const hashes = await unpack(kind, await make(files));
    expect(readFileSync(join(into, 'src/a/a.go'), 'utf8')).toBe(files['src/a/a.go']);
    expect(statSync(join(into, 'bin/go')).mode & 0o777).toBe(0o755);
    expect(statSync(join(into, 'VERSION')).mode & 0o111).toBe(0);
    expect(dirHash(hashes, 'go/')).toBe(h1('go/', files));
    expect(await treeHash(into, { prefix: 'go/', module: false })).toBe(h1('go/', files));
  });

  test.each(['../escaped', '/etc/passwd', 'a/../../b', 'a\\b', 'C:evil'])('the name "%s" is refused', async name => {
    await expect(unpack(kind, await make({ [name]: 'x' }))).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
  });

  test('an archive that is cut off', async () => {
    const whole = await make(files);
    await expect(unpack(kind, whole.subarray(0, whole.length - 60))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  test('no archive at all', async () => {
    await expect(unpack(kind, Buffer.from('<html>not here</html>'))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });
});

test('a symbolic link in a tar archive is refused', async () => {
  const bytes = await tarGz('go/', {}, archive => archive.entry({ name: 'go/bin', type: 'symlink', linkname: '/tmp' }));
  await expect(unpack('tar.gz', bytes)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
});

test('what stands outside the prefix is refused', async () => {
  await expect(unpack('zip', zip('other/', files))).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
});

test('deflated bytes that were changed', async () => {
  const bytes = zip('go/', files);
  bytes[bytes.indexOf('src/a/a.go') + 'src/a/a.go'.length + 3]! ^= 0xff;
  await expect(unpack('zip', bytes)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
});

describe('the hash of an installed tree', () => {
  const naming = { prefix: 'golang.org/toolchain@v/', module: true };
  const changes: { name: string; change: () => void }[] = [
    { name: 'a changed byte', change: () => writeFileSync(join(into, 'src/a/a.go'), 'package b') },
    { name: 'a new file', change: () => writeFileSync(join(into, 'bin/extra'), '') },
    { name: 'a missing file', change: () => rmSync(join(into, 'src/a/a.go')) },
    {
      name: 'a link with the same content behind it',
      change: () => {
        writeFileSync(join(folder, 'copy'), files['bin/go']!);
        chmodSync(join(folder, 'copy'), 0o755);
        rmSync(join(into, 'bin/go'));
        symlinkSync(join(folder, 'copy'), join(into, 'bin/go'));
      },
    },
  ];
  test.each(changes)('shows $name', async ({ change }) => {
    await unpack('zip', zip('go/', files));
    const before = await treeHash(into, naming);
    change();
    expect(await treeHash(into, naming)).not.toBe(before);
  });

  test('go.mod is hashed under the name that the module gives it', async () => {
    const module = { ...files, 'src/_go.mod': 'module std\n' };
    writeFileSync(join(folder, 'archive'), zip('go/', module));
    const place = (name: string) => name.replace('_go.mod', 'go.mod');
    await unpackZip(join(folder, 'archive'), into, { prefix: 'go/', place }, signal);
    expect(readFileSync(join(into, 'src/go.mod'), 'utf8')).toBe('module std\n');
    expect(await treeHash(into, naming)).toBe(h1(naming.prefix, module));
  });
});
