import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { describeWith } from '../integration/lab.ts';
import {
  contentOf,
  dependency,
  type Fault,
  machinesGo,
  misbehave,
  moduleServer,
  program,
} from '../integration/setup-go-cross-faults.ts';
import { isInstalled, step } from '../integration/setup-go-cross-runner.ts';
import { fakeDatabase, recordOf } from '../setup-go-cross/checksum-database/fake.ts';
import { serve } from '../setup-go-cross/server.ts';
import { goroot, h1, zip } from '../setup-go-cross/toolchain/archives.ts';

jest.setTimeout(60_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-faults-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly name: string;
  readonly fault: Fault;
  /** Code of the error, and what it says besides the server's address. */
  readonly code: string;
  readonly says?: string;
}

describe('the toolchain, from a server that misbehaves', () => {
  const version = '1.99.1';
  const os = { os: 'linux', arch: process.arch === 'x64' ? 'amd64' : 'arm64' };
  const suffix = `${os.os}-${os.arch}`;
  const moduleVersion = `v0.0.1-go${version}.${suffix}`;
  const prefix = `golang.org/toolchain@${moduleVersion}/`;
  const files = goroot(version);
  const archives = { index: zip('go/', files), goproxy: zip(prefix, files) };
  const paths = { index: `/go${version}.${suffix}.zip`, goproxy: `/golang.org/toolchain/@v/${moduleVersion}.zip` };
  const { answers, verifier } = fakeDatabase('sum.test', [
    recordOf('golang.org/toolchain', moduleVersion, h1(prefix, files)),
  ]);
  let server: Awaited<ReturnType<typeof serve>>;
  let tools: string;
  let fault: ((path: string) => Fault | undefined) | undefined;
  beforeAll(async () => {
    tools = mkdtempSync(join(folder, 'tools-'));
    const file = {
      ...os,
      filename: paths.index.slice(1),
      kind: 'archive',
      sha256: sha256(archives.index),
      size: archives.index.length,
    };
    const all: Record<string, Buffer | string> = {
      '/?mode=json&include=all': JSON.stringify([{ version: `go${version}`, files: [file] }]),
      [paths.index]: archives.index,
      [paths.goproxy]: archives.goproxy,
      ...Object.fromEntries(Object.entries(answers).map(([path, body]) => [`/sumdb/sum.test${path}`, body])),
    };
    server = await serve((request, response) => {
      const body = all[request.url!];
      const now = fault?.(request.url!);
      if (now !== undefined) misbehave(response, now, Buffer.from(body ?? 'nothing'));
      else if (body === undefined) response.writeHead(404).end();
      else response.end(body);
    });
  });
  afterAll(() => server.close());

  const setUp = (source: 'index' | 'goproxy', url = server.url) =>
    step(
      {
        'go-version': version,
        'toolchain-sources': `tool-cache, ${source === 'index' ? 'mirror' : 'goproxy'}`,
        'go-download-base-url': url,
        goproxy: url,
        gosumdb: verifier,
        cache: 'false',
        'network-timeout': '700ms',
      },
      { RUNNER_TOOL_CACHE: tools, GOTOOLCHAIN: undefined },
    );

  const unavailable = 'TOOLCHAIN_UNAVAILABLE';
  // By turns: what comes from either goes through the same hands.
  const cases: (Case & { source: 'index' | 'goproxy' })[] = [
    { source: 'index', name: 'never answers', fault: 'silence', code: unavailable, says: 'no answer within 0.7 s' },
    {
      source: 'goproxy',
      name: 'stops after the header',
      fault: 'header only',
      code: unavailable,
      says: 'within 0.7 s',
    },
    { source: 'index', name: 'stops in the middle', fault: 'half', code: unavailable, says: 'failed after 3 tries' },
    { source: 'goproxy', name: 'drips', fault: 'drip', code: unavailable, says: 'bytes within 0.7 s' },
    {
      source: 'index',
      name: 'breaks off, again and again',
      fault: 'close',
      code: unavailable,
      says: 'failed after 3 tries',
    },
    { source: 'goproxy', name: 'resets the connection', fault: 'reset', code: unavailable },
    { source: 'goproxy', name: '404', fault: 404, code: unavailable },
    { source: 'index', name: '410', fault: 410, code: unavailable },
    { source: 'goproxy', name: '500', fault: 500, code: unavailable, says: 'HTTP status 500' },
    { source: 'index', name: '502', fault: 502, code: unavailable, says: 'HTTP status 502' },
    { source: 'goproxy', name: 'a page with status 200', fault: 'page', code: 'ARCHIVE_INVALID' },
    { source: 'index', name: 'half a file that looks whole', fault: 'short', code: 'TOOLCHAIN_MISMATCH' },
    {
      source: 'goproxy',
      name: 'another zip',
      fault: { instead: zip(prefix, { ...files, 'bin/go': 'evil' }) },
      code: 'TOOLCHAIN_MISMATCH',
    },
  ];
  test.each(cases)(
    '$source: $name',
    async ({ source, fault: given, code, says }) => {
      fault = path => (path === paths[source] ? given : undefined);
      const done = await setUp(source);
      expect(done).toMatchObject({ code: 1, path: [] });
      expect(done.log).toMatch(new RegExp(`::error::.*127\\.0\\.0\\.1.*\\[${code}\\]%0A\\S+`));
      if (says !== undefined) expect(done.log).toContain(says);
      // No half toolchain, no temporary folder.
      expect(contentOf(join(tools, 'go', version))).toEqual({});
    },
    20_000,
  );

  test.each<Case>([
    { name: 'never answers', fault: 'silence', code: unavailable, says: 'no answer within 0.7 s' },
    { name: 'drips', fault: 'drip', code: unavailable, says: 'bytes within 0.7 s' },
    { name: 'a page', fault: 'page', code: unavailable, says: 'it is no index of Go releases' },
  ])('its index: $name', async ({ fault: given, code, says }) => {
    fault = path => (path.startsWith('/?mode') ? given : undefined);
    const done = await setUp('index');
    expect(done.code).toBe(1);
    expect(done.log).toContain(`[${code}]`);
    expect(done.log).toContain(says);
  });

  test('a TLS handshake that never ends', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const done = await setUp('index', `https://127.0.0.1:${port}`);
    silent.close();
    expect(done.code).toBe(1);
    expect(done.log).toContain(`https://127.0.0.1:${port}/?mode=json&include=all: no connection within 0.7 s`);
  });

  test('the checksum database: a page in its place', async () => {
    fault = path => (path.startsWith('/sumdb/') && path.includes('lookup') ? 'page' : undefined);
    const done = await setUp('goproxy');
    expect(done).toMatchObject({ code: 1, path: [] });
    expect(done.log).toMatch(/::error::.*\[CHECKSUM_DATABASE_\w+\]%0A\S+/);
    expect(contentOf(join(tools, 'go', version))).toEqual({});
  });

  test('and after all that, from a good server: installed; one broken connection is no error', async () => {
    let broken = 0;
    fault = path => (path === paths.goproxy && broken++ === 0 ? 'close' : undefined);
    const done = await setUp('goproxy');
    expect(done.code).toBe(0);
    expect(broken).toBe(2);
    expect(isInstalled(tools, version)).toBe(true);
    fault = () => 500;
    expect((await setUp('goproxy')).code).toBe(0);
  });
});

await describeWith('go', 'modules, from a proxy that misbehaves', lab => {
  let go: Awaited<ReturnType<typeof machinesGo>>;
  let proxy: Awaited<ReturnType<typeof moduleServer>>;
  let directory: string;
  let before: Record<string, string>;
  beforeAll(async () => {
    go = await machinesGo(lab.go, folder);
    proxy = await moduleServer({ ...dependency('dep'), ...dependency('other') });
    directory = program(folder);
    const done = await build(join(folder, 'modules-before'));
    if (done.code !== 0) throw new Error(done.log);
    before = contentOf(join(directory, 'slipway-out'));
    // What is built from now on would differ.
    writeFileSync(join(directory, 'more.go'), 'package main\n\nfunc init() { println("more") }\n');
  }, 120_000);
  afterAll(() => proxy.close());

  const build = (modules: string, inputs: Record<string, string> = {}) =>
    step(
      {
        ...go.inputs,
        'working-directory': directory,
        goproxy: proxy.url,
        targets: 'linux/amd64, windows/amd64',
        ...inputs,
      },
      { ...go.env, GOMODCACHE: modules },
    );

  const hangs = { code: 'MODULE_PROXY_HANGS', says: 'network-timeout' };
  const cases: (Case & { of: 'dep' | 'other'; kind: string })[] = [
    { name: 'a page for a .mod', of: 'dep', kind: '.mod', fault: 'page', code: 'MODULE_CHANGED', says: 'go.sum' },
    { name: 'the first target’s module: silence', of: 'dep', kind: '.zip', fault: 'silence', ...hangs },
    { name: 'header only', of: 'dep', kind: '.zip', fault: 'header only', ...hangs },
    { name: 'half', of: 'dep', kind: '.zip', fault: 'half', ...hangs },
    { name: 'drip', of: 'dep', kind: '.zip', fault: 'drip', ...hangs },
    { name: 'silence before the first module is named', of: 'dep', kind: '', fault: 'silence', ...hangs },
    { name: 'a module of the second target only: silence', of: 'other', kind: '.zip', fault: 'silence', ...hangs },
    { name: 'its drip', of: 'other', kind: '.zip', fault: 'drip', ...hangs },
    { name: '404', of: 'dep', kind: '.zip', fault: 404, code: 'MODULE_UNAVAILABLE', says: 'private-token' },
    { name: '410', of: 'dep', kind: '.zip', fault: 410, code: 'MODULE_UNAVAILABLE', says: 'goprivate' },
    { name: '500', of: 'dep', kind: '.zip', fault: 500, code: 'MODULE_PROXY_FAILED', says: '500 Internal' },
    { name: '502', of: 'other', kind: '.zip', fault: 502, code: 'MODULE_PROXY_FAILED', says: '502 Bad' },
    { name: 'reset', of: 'dep', kind: '.zip', fault: 'reset', code: 'MODULE_PROXY_FAILED' },
    { name: 'a page for a zip', of: 'dep', kind: '.zip', fault: 'page', code: 'MODULE_UNREADABLE', says: 'login page' },
    { name: 'cut off', of: 'dep', kind: '.zip', fault: 'close', code: 'MODULE_UNREADABLE' },
    { name: 'half that looks whole', of: 'dep', kind: '.zip', fault: 'short', code: 'MODULE_UNREADABLE' },
    {
      name: 'another zip',
      of: 'dep',
      kind: '.zip',
      fault: {
        instead: zip('example.com/dep@v1.0.0/', { 'go.mod': 'module example.com/dep\n', 'dep.go': 'package dep' }),
      },
      code: 'MODULE_CHANGED',
      says: 'another goproxy',
    },
  ];
  test.each(cases)(
    '$name ($of$kind)',
    async ({ of, kind, fault, code, says }) => {
      proxy.rules.fault = path => (path.startsWith(`/example.com/${of}/`) && path.endsWith(kind) ? fault : undefined);
      const modules = mkdtempSync(join(folder, 'modules-'));
      const done = await build(modules, code === hangs.code ? { 'network-timeout': '800ms' } : {});
      expect(done.code).toBe(1);
      expect(done.log).toMatch(new RegExp(`::error::.*\\[${code}\\]%0A\\S+`));
      expect(done.log.match(/::error::/g)).toHaveLength(1);
      const [error] = /::error::.*/.exec(done.log)!;
      expect(error).toContain('127.0.0.1');
      expect(error).toContain(`example.com/${of}`);
      if (says !== undefined) expect(error).toContain(says);
      expect(contentOf(join(directory, 'slipway-out'))).toEqual(before);
      // The same caches and a good proxy: go builds, and finds every module as go.sum has it.
      proxy.rules.fault = undefined;
      const env = { ...process.env, ...go.env, GOMODCACHE: modules, GOPROXY: proxy.url, GOOS: 'windows' };
      for (const args of [
        ['build', '-o', '/dev/null', '.'],
        ['mod', 'verify'],
      ])
        await run([lab.go, ...args], { cwd: directory, env, timeout: 60_000 });
    },
    30_000,
  );

  test('mode setup with a token: the download has the same deadline', async () => {
    proxy.rules.fault = path => (path.endsWith('.zip') ? 'half' : undefined);
    const token = { 'private-token': 'localhost=hush-hush', mode: 'setup', targets: '', 'network-timeout': '800ms' };
    const done = await build(join(folder, 'modules-of-setup'), token);
    expect(done.code).toBe(1);
    expect(done.log).toContain('[MODULE_PROXY_HANGS]');
  }, 30_000);
});
