import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { download } from '../../src/setup-go-cross/toolchain/download.ts';
import { parseGoProxy } from '../../src/setup-go-cross/toolchain/go-proxy.ts';
import { hostOf } from '../../src/setup-go-cross/toolchain/host.ts';
import { goProxySetting } from '../../src/setup-go-cross/toolchain/sources.ts';
import { makeKey } from '../setup-go-cross/checksum-database/fake.ts';
import { serve } from '../setup-go-cross/server.ts';
import { isInstalled, step } from './setup-go-cross-runner.ts';

// The real module proxy and the real checksum database behind a proxy of ours, which changes one answer on its way.
const version = '1.26.8';
const zipPath = `/golang.org/toolchain/@v/v0.0.1-go${version}.${hostOf().os}-${hostOf().arch}.zip`;
const signal = new AbortController().signal;
let folder: string;
let upstream: string;
let zip: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-tampered-'));
  upstream = parseGoProxy(await goProxySetting(process.env, signal))[0]!.url;
  zip = join(folder, 'toolchain.zip');
  if ((await download(`${upstream}${zipPath}`, zip, { signal })) === undefined) throw new Error(`no ${zipPath}`);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Change = (body: Buffer, path: string) => Buffer;

/** Passes everything on; `change` may bend what is not the zip, `served` is the zip. */
async function between(change: Change, served = zip) {
  return serve((request, response) => {
    const path = request.url!;
    if (path === zipPath) return void createReadStream(served).pipe(response);
    fetch(`${upstream}${path}`)
      .then(async answer => {
        const body = change(Buffer.from(await answer.arrayBuffer()), path);
        response.writeHead(answer.status).end(body);
      })
      .catch(() => response.writeHead(502).end());
  });
}

async function installThrough(proxy: string, tools: string) {
  return step(
    { 'go-version': version, goproxy: proxy, 'go-download-base-url': 'http://127.0.0.1:1', cache: 'false' },
    { RUNNER_TOOL_CACHE: tools, GOSUMDB: undefined },
  );
}

const asItIs: Change = body => body;

test('unchanged: installed, so that the refusals below are about the change', async () => {
  const tools = mkdtempSync(join(folder, 'tools-'));
  const proxy = await between(asItIs);
  const done = await installThrough(proxy.url, tools);
  await proxy.close();
  expect(done.code).toBe(0);
  expect(proxy.asked.some(path => path.startsWith('/sumdb/sum.golang.org/tile/8/'))).toBe(true);
  expect(isInstalled(tools, version)).toBe(true);
}, 120_000);

const lookup = '/lookup/golang.org/toolchain@';
const stranger = makeKey('sum.golang.org');
const cases: { name: string; change?: Change; flip?: boolean; code: RegExp }[] = [
  { name: 'one bit of the zip', flip: true, code: /\[(TOOLCHAIN_MISMATCH|ARCHIVE_INVALID)\]/ },
  {
    name: 'a tree head signed by another key that bears the name',
    change: (body, path) => {
      if (!path.includes(lookup)) return body;
      const [record, tree] = body.toString().split(/\n\n(?=go\.sum database tree)/) as [string, string];
      return Buffer.from(`${record}\n\n${stranger.sign(`${tree.split('\n\n')[0]}\n`)}`);
    },
    code: /\[CHECKSUM_DATABASE_UNTRUSTED\]/,
  },
  {
    name: 'another hash in the record',
    change: (body, path) =>
      path.includes(lookup) ? Buffer.from(body.toString().replace(/h1:.{5}/, 'h1:AAAAA')) : body,
    code: /\[CHECKSUM_DATABASE_UNTRUSTED\]/,
  },
  {
    name: 'an inclusion proof that does not prove it',
    change: (body, path) => {
      if (!path.includes('/tile/8/1/')) return body;
      return Buffer.from(body.map(byte => byte ^ 1));
    },
    code: /\[CHECKSUM_DATABASE_UNTRUSTED\]/,
  },
];
test.each(cases)(
  'refused, nothing installed and nothing on PATH: $name',
  async ({ change = asItIs, flip, code }) => {
    const tools = mkdtempSync(join(folder, 'tools-'));
    let served = zip;
    if (flip) {
      served = join(folder, 'flipped.zip');
      const bytes = readFileSync(zip);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(served, bytes);
    }
    const proxy = await between(change, served);
    const done = await installThrough(proxy.url, tools);
    await proxy.close();
    expect(done.code).toBe(1);
    expect(done.log).toMatch(code);
    expect(done.path).toEqual([]);
    expect(isInstalled(tools, version)).toBe(false);
  },
  120_000,
);
