import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { makeAuthority } from './certificates.ts';
import { git, step } from './setup-go-cross-runner.ts';

// A private module in a real git repository, behind git's own HTTP backend that wants a password.
const token = 'hush-hush-token-4711';
const wanted = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
let folder: string;
let server: Server;
let host: string;
let authority: string;
let version: string;
const denied: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-private-'));
  const made = await makeAuthority(folder);
  authority = made.certificate;
  const day = 86_400_000;
  const pair = await made.sign('localhost', 'localhost', new Date(Date.now() - day), new Date(Date.now() + day));
  server = createServer({ key: readFileSync(pair.key), cert: readFileSync(pair.certificate) }, (request, response) => {
    if (request.headers.authorization !== wanted) {
      denied.push(request.url!);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end();
      return;
    }
    const [path = '', query = ''] = request.url!.split('?');
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: join(folder, 'repositories'),
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on('data', chunk => chunks.push(chunk));
    backend.once('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const headers = all
        .toString('latin1', 0, end)
        .split('\r\n')
        .map(line => line.split(': ') as [string, string]);
      const status = Number.parseInt(headers.find(([name]) => name === 'Status')?.[1] ?? '200', 10);
      response.writeHead(status, Object.fromEntries(headers)).end(all.subarray(end + 4));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  host = `localhost:${(server.address() as AddressInfo).port}`;

  const repository = join(folder, 'repositories/acme/priv.git');
  mkdirSync(repository, { recursive: true });
  writeFileSync(join(repository, 'go.mod'), 'module git.test/acme/priv.git\n\ngo 1.21\n');
  writeFileSync(join(repository, 'priv.go'), 'package priv\n\nconst Word = "private"\n');
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['commit', '-q', '-m', 'one'],
    ['tag', 'v1.0.0'],
  ])
    await git(repository, ...args);

  const goroot = (await run(['go', 'env', 'GOROOT'], { timeout: 30_000 })).stdout.trim();
  version = readFileSync(join(goroot, 'VERSION'), 'utf8').split('\n')[0]!.slice(2);
  mkdirSync(join(folder, 'tools/go', version), { recursive: true });
  symlinkSync(goroot, join(folder, 'tools/go', version, process.arch));
  writeFileSync(join(folder, 'tools/go', version, `${process.arch}.complete`), '');
}, 60_000);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
  await run(['chmod', '-R', 'u+w', folder], { timeout: 30_000 });
  rmSync(folder, { recursive: true, force: true });
});

async function setUpWith(inputs: Record<string, string>) {
  const home = mkdtempSync(join(folder, 'home-'));
  const directory = join(home, 'service');
  mkdirSync(directory);
  writeFileSync(
    join(directory, 'go.mod'),
    'module example.com/s\n\ngo 1.21\n\nrequire git.test/acme/priv.git v1.0.0\n',
  );
  const env = {
    HOME: home,
    RUNNER_TOOL_CACHE: join(folder, 'tools'),
    GOMODCACHE: join(home, 'modules'),
    GOCACHE: join(home, 'build'),
    GOTOOLCHAIN: undefined,
    GOFLAGS: '-mod=mod',
    GIT_SSL_CAINFO: authority,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.https://${host}/.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://git.test/',
  };
  const all = { 'go-version': version, 'toolchain-sources': 'tool-cache', cache: 'false', goprivate: 'git.test' };
  const done = await step({ ...all, 'working-directory': directory, mode: 'setup', ...inputs }, env);
  return { done, home };
}

/** Every file below a folder whose content holds the text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => statSync(path).isFile() && readFileSync(path).includes(text));
}

test('private-token: the module is there for later steps, the token is nowhere', async () => {
  const { done, home } = await setUpWith({ 'private-token': `${host}=${token}` });
  expect(done.log).toContain('later steps need no token');
  expect(done.code).toBe(0);
  expect(readFileSync(join(home, 'modules/git.test/acme/priv.git@v1.0.0/priv.go'), 'utf8')).toContain('private');
  expect(filesWith(home, token)).toEqual([]);
  expect(JSON.stringify([done.exported, done.state, done.outputs, done.summary])).not.toContain(token);
  expect(done.exported['GOPRIVATE']).toBe('git.test');
  const unmasked = done.log.split('\n').filter(line => line.includes(token) && !line.startsWith('::add-mask::'));
  expect(unmasked).toEqual([]);
}, 120_000);

test.each([
  ['a wrong token', () => `${host}=wrong-token-0815`],
  ['a token for another host', () => `elsewhere.example=${token}`],
])(
  '%s: refused by the host, and the module is not there',
  async (_, given) => {
    denied.splice(0);
    const { done } = await setUpWith({ 'private-token': given() });
    expect(done.code).toBe(1);
    expect(denied.length).toBeGreaterThan(0);
    expect(done.log).toContain('git.test/acme/priv.git');
  },
  120_000,
);
