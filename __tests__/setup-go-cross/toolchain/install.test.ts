import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SlipwayError } from '../../../src/core/errors.ts';
import { parseGoSumDb } from '../../../src/setup-go-cross/checksum-database/database.ts';
import { parseWanted } from '../../../src/setup-go-cross/go-version/wanted.ts';
import { parseGoProxy } from '../../../src/setup-go-cross/toolchain/go-proxy.ts';
import { install, toolCache } from '../../../src/setup-go-cross/toolchain/install.ts';
import { moduleProxy } from '../../../src/setup-go-cross/toolchain/module-proxy.ts';
import { officialIndex } from '../../../src/setup-go-cross/toolchain/official-index.ts';
import type { Source } from '../../../src/setup-go-cross/toolchain/source.ts';
import { fakeDatabase, recordOf } from '../checksum-database/fake.ts';
import { fromMap, type Handler, serve } from '../server.ts';
import { goroot, h1, tarGz, zip } from './archives.ts';

const host = { os: 'linux', arch: 'amd64' };
const signal = new AbortController().signal;
const version = '1.99.1';
const exact = parseWanted(version, 'test');
const network = { patience: { connect: 500, idle: 500 } };

const closing: (() => Promise<void>)[] = [];
const before = process.env['RUNNER_TOOL_CACHE'];
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'slipway-tools-'));
  process.env['RUNNER_TOOL_CACHE'] = cache;
});
afterEach(async () => {
  if (before === undefined) delete process.env['RUNNER_TOOL_CACHE'];
  else process.env['RUNNER_TOOL_CACHE'] = before;
  await Promise.all(closing.splice(0).map(close => close()));
  rmSync(cache, { recursive: true, force: true });
});

async function start(handler: Handler) {
  const server = await serve(handler);
  closing.push(server.close);
  return server;
}

const installed = () => (existsSync(join(cache, 'go', version)) ? readdirSync(join(cache, 'go', version)).sort() : []);
const place = () => join(cache, 'go', version, process.arch);

const filename = `go${version}.linux-amd64.tar.gz`;
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** An official index with one release; `served` is what its archive's address answers with. */
async function index(archive: Buffer, served: Buffer | undefined = archive, more: object = {}) {
  const file = {
    filename,
    os: 'linux',
    arch: 'amd64',
    kind: 'archive',
    sha256: sha256(archive),
    size: archive.length,
    ...more,
  };
  const source = { ...file, filename: `go${version}.src.tar.gz`, os: '', arch: '', kind: 'source' };
  const releases = [{ version: `go${version}`, stable: true, files: [source, file] }];
  const answers = { '/?mode=json&include=all': JSON.stringify(releases), [`/${filename}`]: served };
  return start(fromMap(answers));
}

const moduleVersion = `v0.0.1-go${version}.linux-amd64`;
const prefix = `golang.org/toolchain@${moduleVersion}/`;
const content = { ...goroot(version), 'src/_go.mod': 'module std\n' };
const zipPath = `/golang.org/toolchain/@v/${moduleVersion}.zip`;

/** A module proxy that also passes on a checksum database with one record about the toolchain. */
async function proxy(served: Buffer | undefined = zip(prefix, content), hash = h1(prefix, content)) {
  const { answers, verifier } = fakeDatabase('sum.test', [recordOf('golang.org/toolchain', moduleVersion, hash)]);
  const through = Object.fromEntries(Object.entries(answers).map(([path, body]) => [`/sumdb/sum.test${path}`, body]));
  const list = `${moduleVersion}\nv0.0.1-go1.99.0.linux-amd64\nv0.0.1-go1.99.9.darwin-arm64\n`;
  const server = await start(fromMap({ ...through, '/golang.org/toolchain/@v/list': list, [zipPath]: served }));
  return {
    ...server,
    verifier,
    source: (setting = server.url) => moduleProxy(parseGoProxy(setting), () => parseGoSumDb(verifier), host, network),
  };
}

describe('official index', () => {
  test('good: installed, recorded, and found again with every file checked', async () => {
    const archive = await tarGz('go/', goroot(version));
    const { url } = await index(archive);
    const first = await install(exact, [toolCache, officialIndex(url, host)], signal);
    expect(first).toMatchObject({
      goroot: place(),
      cached: false,
      toolchain: { version: `go${version}`, source: `${url}/${filename}`, verifiedBy: 'sha256', hash: sha256(archive) },
    });
    expect(installed()).toEqual([process.arch, `${process.arch}.complete`, `${process.arch}.slipway.json`]);
    expect(await install(exact, [toolCache], signal)).toEqual({ ...first, cached: true });
  });

  test('a zip archive, as for Windows', async () => {
    const archive = zip('go/', goroot(version));
    const name = `go${version}.linux-amd64.zip`;
    const file = {
      filename: name,
      os: 'linux',
      arch: 'amd64',
      kind: 'archive',
      sha256: sha256(archive),
      size: archive.length,
    };
    const { url } = await start(
      fromMap({
        '/?mode=json&include=all': JSON.stringify([{ version: `go${version}`, files: [file] }]),
        [`/${name}`]: archive,
      }),
    );
    await install(exact, [toolCache, officialIndex(url, host)], signal);
    expect(readFileSync(join(place(), 'VERSION'), 'utf8')).toContain(`go${version}`);
  });

  const swapped = tarGz('go/', goroot('1.99.0'));
  const refused: { name: string; make: () => Promise<Source>; code: string }[] = [
    {
      name: 'a flipped byte',
      make: async () => {
        const archive = await tarGz('go/', goroot(version));
        const changed = Buffer.from(archive);
        changed[changed.length >> 1]! ^= 1;
        return officialIndex((await index(archive, changed)).url, host);
      },
      code: 'TOOLCHAIN_MISMATCH',
    },
    {
      name: 'cut off',
      make: async () => {
        const archive = await tarGz('go/', goroot(version));
        return officialIndex((await index(archive, archive.subarray(0, -100))).url, host);
      },
      code: 'TOOLCHAIN_MISMATCH',
    },
    {
      name: 'another sha256 in the index',
      make: async () =>
        officialIndex(
          (await index(await tarGz('go/', goroot(version)), undefined, { sha256: '0'.repeat(64) })).url,
          host,
        ),
      code: 'TOOLCHAIN_MISMATCH',
    },
    {
      name: 'another version under this name, with its own right sha256',
      make: async () => officialIndex((await index(await swapped)).url, host),
      code: 'TOOLCHAIN_MISMATCH',
    },
    {
      name: 'a file name that leads elsewhere',
      make: async () => officialIndex((await index(await swapped, undefined, { filename: '../x.tar.gz' })).url, host),
      code: 'TOOLCHAIN_MISMATCH',
    },
    {
      name: 'an archive with a path out of it',
      make: async () => officialIndex((await index(await tarGz('go/', { '../../x': 'x' }))).url, host),
      code: 'ARCHIVE_UNSAFE',
    },
  ];
  test.each(refused)('refused, nothing installed, and no other source asked: $name', async ({ make, code }) => {
    const next = await proxy();
    await expect(install(exact, [toolCache, await make(), next.source()], signal)).rejects.toMatchObject({ code });
    expect(installed()).toEqual([]);
    expect(next.asked).toEqual([]);
  });

  const absent: { name: string; make: () => Promise<string> }[] = [
    { name: 'not reachable', make: async () => 'http://127.0.0.1:1' },
    { name: 'no index', make: async () => (await start(fromMap({}))).url },
    { name: 'a page in its place', make: async () => (await start((_, r) => r.end('<html>log in</html>'))).url },
    { name: 'status 503', make: async () => (await start((_, r) => r.writeHead(503).end())).url },
    { name: 'silent', make: async () => (await start(() => undefined)).url },
    { name: 'without this version', make: async () => (await start((_, r) => r.end('[]'))).url },
    {
      name: 'without the archive',
      make: async () => {
        const archive = await swapped;
        const { url } = await index(archive, undefined, { filename: 'absent.tar.gz' });
        return url;
      },
    },
  ];
  test.each(absent)('passed over: $name', async ({ make }) => {
    const { source } = await proxy();
    const done = await install(exact, [toolCache, officialIndex(await make(), host, network), source()], signal);
    expect(done.toolchain.verifiedBy).toBe('checksum-database');
  });
});

describe('GOPROXY', () => {
  test('good: the hash of the tree is the one that the checksum database signed', async () => {
    const { source, url } = await proxy();
    const done = await install(exact, [toolCache, source()], signal);
    expect(done.toolchain).toEqual({
      version: `go${version}`,
      source: `${url}${zipPath}`,
      verifiedBy: 'checksum-database',
      hash: h1(prefix, content),
    });
    expect(readFileSync(join(place(), 'src/go.mod'), 'utf8')).toBe('module std\n');
    expect((await install(exact, [toolCache], signal)).cached).toBe(true);
  });

  const refused: { name: string; served?: Buffer; hash?: string; code: string }[] = [
    { name: 'another file content', served: zip(prefix, { ...content, 'bin/go': 'evil' }), code: 'TOOLCHAIN_MISMATCH' },
    { name: 'one file more', served: zip(prefix, { ...content, 'bin/gofmt': '' }), code: 'TOOLCHAIN_MISMATCH' },
    { name: 'one file less', served: zip(prefix, goroot(version)), code: 'TOOLCHAIN_MISMATCH' },
    {
      name: 'the module of another version',
      served: zip(prefix.replace('99.1', '99.0'), content),
      code: 'ARCHIVE_UNSAFE',
    },
    { name: 'cut off', served: zip(prefix, content).subarray(0, -30), code: 'ARCHIVE_INVALID' },
    { name: 'a page in its place', served: Buffer.from('<html>log in</html>'), code: 'ARCHIVE_INVALID' },
    { name: 'another hash in the database', hash: h1(prefix, goroot('1.99.0')), code: 'TOOLCHAIN_MISMATCH' },
  ];
  test.each(refused)('refused, nothing installed: $name', async ({ served, hash, code }) => {
    const { source } = await proxy(served, hash);
    await expect(install(exact, [toolCache, source()], signal)).rejects.toMatchObject({ code });
    expect(installed()).toEqual([]);
  });

  test('GOSUMDB=off is refused, as in the go command', async () => {
    const { url } = await proxy();
    const source = moduleProxy(parseGoProxy(url), () => parseGoSumDb('off'), host);
    await expect(install(exact, [toolCache, source], signal)).rejects.toMatchObject({ code: 'GOSUMDB_OFF' });
    expect(installed()).toEqual([]);
  });

  const orders: { name: string; first: Handler; separator: string; reaches: boolean }[] = [
    { name: '404, then the next', first: (_, r) => r.writeHead(404).end(), separator: ',', reaches: true },
    { name: '410, then the next', first: (_, r) => r.writeHead(410).end(), separator: ',', reaches: true },
    { name: '500 and a comma: the end', first: (_, r) => r.writeHead(500).end(), separator: ',', reaches: false },
    { name: '500 and a pipe: the next', first: (_, r) => r.writeHead(500).end(), separator: '|', reaches: true },
    { name: 'silence and a comma: the end', first: () => undefined, separator: ',', reaches: false },
    { name: 'silence and a pipe: the next', first: () => undefined, separator: '|', reaches: true },
  ];
  test.each(orders)('$name', async ({ first, separator, reaches }) => {
    const { url, source } = await proxy();
    const other = await start(first);
    const done = install(exact, [toolCache, source(`${other.url}${separator}${url}`)], signal);
    if (reaches) expect((await done).cached).toBe(false);
    else await expect(done).rejects.toMatchObject({ code: 'TOOLCHAIN_UNAVAILABLE' });
  });

  test('off', async () => {
    const { source } = await proxy();
    await expect(install(exact, [toolCache, source('off')], signal)).rejects.toMatchObject({
      code: 'TOOLCHAIN_UNAVAILABLE',
    });
  });

  test('a range takes the newest of the list for this machine', async () => {
    const { source } = await proxy();
    expect((await install(parseWanted('1.99.x', 'test'), [toolCache, source()], signal)).version).toBe(version);
  });
});

describe('tool cache', () => {
  const put = async () => install(exact, [toolCache, (await proxy()).source()], signal);

  const damages: { name: string; damage: () => void }[] = [
    { name: 'a changed file', damage: () => writeFileSync(join(place(), 'src/a/a.go'), 'package evil') },
    { name: 'a file more', damage: () => writeFileSync(join(place(), 'bin/gofmt'), 'evil') },
    { name: 'another version in its place', damage: () => writeFileSync(join(place(), 'VERSION'), 'go1.99.0\n') },
    { name: 'a record that cannot be read', damage: () => writeFileSync(`${place()}.slipway.json`, '{') },
  ];
  test.each(damages)('$name: not used, installed again', async ({ damage }) => {
    await put();
    damage();
    await expect(install(exact, [toolCache], signal)).rejects.toMatchObject({ code: 'TOOLCHAIN_UNAVAILABLE' });
    expect(installed()).toEqual([]);
    await put();
    damage();
    expect((await put()).cached).toBe(false);
    expect((await install(exact, [toolCache], signal)).cached).toBe(true);
  });

  test('what somebody else put there is used and recorded as such', async () => {
    for (const [name, text] of Object.entries(goroot(version))) {
      mkdirSync(join(place(), name, '..'), { recursive: true });
      writeFileSync(join(place(), name), text);
    }
    writeFileSync(`${place()}.complete`, '');
    const done = await install(exact, [toolCache], signal);
    expect(done).toMatchObject({ cached: true, toolchain: { source: 'tool-cache', verifiedBy: 'runner-image' } });
    expect((await install(parseWanted('1.99', 'test'), [toolCache], signal)).version).toBe(version);
  });

  test('what a killed run left is replaced', async () => {
    mkdirSync(place(), { recursive: true });
    writeFileSync(join(place(), 'half'), '');
    await put();
    expect(existsSync(join(place(), 'half'))).toBe(false);
  }, 15_000);

  test('two at once: both get the same whole folder', async () => {
    const { source } = await proxy();
    const both = await Promise.all([
      install(exact, [toolCache, source()], signal),
      install(exact, [toolCache, source()], signal),
    ]);
    expect(both.map(one => one.goroot)).toEqual([place(), place()]);
    expect(installed()).toHaveLength(3);
  });
});

describe('order of the sources', () => {
  const asked: string[] = [];
  /** A source that only says what it has. */
  const lists = (name: string, versions: string[]): Source => ({
    name,
    versions: async () => {
      asked.push(name);
      return versions;
    },
    fetch: async () => {
      asked.push(`fetch ${name}`);
      throw new SlipwayError('SOURCE_UNAVAILABLE', 'only a list');
    },
  });
  const range = parseWanted('1.99.x', 'test');
  beforeEach(async () => {
    asked.splice(0);
    await install(exact, [(await proxy()).source()], signal);
  });

  test('the tool cache first: nobody is asked', async () => {
    const done = await install(range, [toolCache, lists('a', ['1.99.7'])], signal);
    expect([done.version, done.cached, asked]).toEqual([version, true, []]);
  });

  test('check-latest: the newest of the source, which then cannot be had', async () => {
    const done = install(range, [toolCache, lists('a', ['1.99.7'])], signal, { checkLatest: true });
    await expect(done).rejects.toMatchObject({ code: 'TOOLCHAIN_UNAVAILABLE' });
    expect(asked).toEqual(['a', 'fetch a']);
  });

  test('check-latest: what is newest already lies in the tool cache', async () => {
    const done = await install(range, [toolCache, lists('a', ['1.99.0', version])], signal, { checkLatest: true });
    expect([done.cached, asked]).toEqual([true, ['a']]);
  });

  test('the tool cache last: the sources before it are asked first', async () => {
    const done = await install(range, [lists('a', []), lists('b', [version]), toolCache], signal);
    expect([done.cached, asked]).toEqual([true, ['a', 'b', 'fetch a', 'fetch b']]);
  });

  test('without the tool cache in the list it is not looked at', async () => {
    await expect(install(range, [lists('a', [])], signal)).rejects.toMatchObject({ code: 'TOOLCHAIN_UNAVAILABLE' });
    const { source, asked: requests } = await proxy();
    expect((await install(exact, [source()], signal)).cached).toBe(false);
    expect(requests).toContain(zipPath);
  });

  test('another architecture has a folder of its own', async () => {
    const { source } = await proxy();
    const done = await install(exact, [toolCache, source()], signal, { arch: 'ia32' });
    expect([done.cached, done.goroot]).toEqual([false, join(cache, 'go', version, 'ia32')]);
  });
});
