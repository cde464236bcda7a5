// Archives as small as a toolchain can be, made by the test.
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export type Files = Readonly<Record<string, string>>;

/** A go command that can answer `go env -json` and nothing else. */
export function goScript(version: string): string {
  const settings = {
    GOVERSION: `go${version}`,
    GOROOT: '',
    GOPATH: '/tmp/gopath',
    GOMODCACHE: '/tmp/gomod',
    GOCACHE: '/tmp/gocache',
    GOFLAGS: '',
    GOPROXY: 'off',
  };
  return `#!/bin/sh\ncat <<'END'\n${JSON.stringify(settings)}\nEND\n`;
}

export const goroot = (version: string): Files => ({
  VERSION: `go${version}\ntime 2026-09-01T00:00:00Z\n`,
  'bin/go': goScript(version),
  'src/a/a.go': `package a // ${'x'.repeat(5000)}\n`,
});

const under = (prefix: string, files: Files) =>
  Object.entries(files).map(([name, text]) => [prefix + name, Buffer.from(text)] as const);

export async function tarGz(prefix: string, files: Files, more: (archive: ReturnType<typeof pack>) => void = () => {}) {
  const archive = pack();
  archive.entry({ name: prefix, type: 'directory' });
  for (const [name, data] of under(prefix, files))
    archive.entry({ name, mode: name.includes('/bin/') ? 0o755 : 0o644 }, data);
  more(archive);
  archive.finalize();
  return gzipSync(Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Buffer>)));
}

export function zip(prefix: string, files: Files): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, data] of under(prefix, files)) {
    const packed = data.length > 100 ? deflateRawSync(data) : data;
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(packed === data ? 0 : 8, 4);
    header.writeUInt32LE(crc32(data), 10);
    header.writeUInt32LE(packed.length, 14);
    header.writeUInt32LE(data.length, 18);
    header.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, Buffer.from(name), packed]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), header, entry, Buffer.from(name)]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** dirhash.Hash1, straight from its definition: what sha256sum prints for the sorted names, hashed once more. */
export function h1(prefix: string, files: Files): string {
  const names = under(prefix, files)
    .map(([name]) => name)
    .sort();
  const lines = names.map(
    name => `${createHash('sha256').update(files[name.slice(prefix.length)]!).digest('hex')}  ${name}\n`,
  );
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}
