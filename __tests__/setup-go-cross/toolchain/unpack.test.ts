import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
    // the same in each job: the go command keeps its index of the standard library under the times of the files
    expect(statSync(join(into, 'VERSION')).mtime.toISOString()).toBe('2000-01-01T00:00:00.000Z');
    expect(dirHash(hashes, 'go/')).toBe(h1('go/', files));
    expect(await treeHash(into, { prefix: 'go/', module: false })).toBe(h1('go/', files));
  });

  test.each(['../escaped', '/etc/passwd', 'a/../../b', 'a\\b', 'C:evil'])('the name "%s" is refused', async name => {
    await expect(unpack(kind, await make({ [name]: 'x' }))).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
  });

  test.each(['a\nb', 'a\u0001b', 'a\u007fb'])('the control character in %j is refused', async name => {
    await expect(unpack(kind, await make({ [name]: 'x' }))).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
  });

  test('two files by one hash: a name with a line end may not stand in for them', async () => {
    const two = { a: 'one', b: 'two' };
    // The lines `HASH  NAME` of both, said by one file.
    const forged = { [`a\n${createHash('sha256').update('two').digest('hex')}  go/b`]: 'one' };
    expect(h1('go/', forged)).toBe(h1('go/', two));
    await expect(unpack(kind, await make(forged))).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
  });

  test('names that differ in capital letters only are refused', async () => {
    const bytes = await make({ 'bin/go': 'good', 'bin/Go': 'evil' });
    await expect(unpack(kind, bytes)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
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

test('a name that is there twice is refused', async () => {
  const tar = await tarGz('go/', { a: 'good' }, archive => archive.entry({ name: 'go/a' }, 'evil'));
  await expect(unpack('tar.gz', tar)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
  const bytes = zip('go/', { aa: 'good', ab: 'evil' });
  for (let at = bytes.indexOf('go/ab'); at >= 0; at = bytes.indexOf('go/ab')) bytes.write('go/aa', at);
  await expect(unpack('zip', bytes)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
});

test.each(['link', 'character-device', 'fifo'] as const)('a %s in a tar archive is refused', async type => {
  const bytes = await tarGz('go/', {}, archive => archive.entry({ name: 'go/x', type, linkname: 'go/y' }));
  await expect(unpack('tar.gz', bytes)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
});

test('setuid, and rights for everybody, are not taken over', async () => {
  const bytes = await tarGz('go/', {}, archive => archive.entry({ name: 'go/bin/go', mode: 0o6777 }, 'x'));
  await unpack('tar.gz', bytes);
  expect(statSync(join(into, 'bin/go')).mode & 0o7022).toBe(0);
});

test('a bomb: refused by the sizes that it announces, before anything is written', async () => {
  const bytes = zip('go/', { a: 'x'.repeat(5000), b: 'y'.repeat(5000) });
  // Size of both, in the central directory.
  for (const name of ['go/a', 'go/b']) bytes.writeUInt32LE(1.5e9, bytes.lastIndexOf(name) - 46 + 24);
  await expect(unpack('zip', bytes)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' });
  expect(existsSync(into)).toBe(false);
});

test('a bomb that announces little is stopped at what it announced', async () => {
  const bytes = zip('go/', { a: 'x'.repeat(5000) });
  bytes.writeUInt32LE(10, bytes.lastIndexOf('go/a') - 46 + 24);
  await expect(unpack('zip', bytes)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
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
      name: 'two files forged into one',
      change: () => {
        const name = `VERSION\n${createHash('sha256').update(files['bin/go']!).digest('hex')}  `;
        const path = join(into, `${name}${naming.prefix}bin`, 'go');
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, files['VERSION']!);
        rmSync(join(into, 'VERSION'));
        rmSync(join(into, 'bin/go'));
      },
    },
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
