import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { run } from '../../../src/core/process.ts';
import { actionMain } from '../../action-main.ts';
import type { Sent } from '../../cli/serve/pushes.ts';
import { compileCache } from '../../compile-cache.ts';
import { eventually } from '../eventually.ts';
import { endLater } from '../leftovers.ts';

export const secret = 'serve-secret-0123456789abcdef0123456789';

/** A bare repository, and commits that are pushed to it. */
export async function repository(folder: string) {
  const [bare, work] = [join(folder, 'hello.git'), join(folder, 'work')];
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap(role => [
        [`GIT_${role}_NAME`, 'somebody'],
        [`GIT_${role}_EMAIL`, 'somebody@example.com'],
      ]),
    ),
  };
  const git = async (...args: string[]) =>
    (await run(['git', ...args], { cwd: work, env, timeout: 30_000 })).stdout.trim();
  await mkdir(work, { recursive: true });
  await run(['git', 'init', '-q', '--bare', '-b', 'main', bare], { env, timeout: 30_000 });
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', bare);
  /** Commits, and pushes to a branch. @returns the commit */
  const push = async (text: string, branch = 'main') => {
    await writeFile(join(work, 'text'), text);
    await git('add', '-A');
    await git('commit', '-q', '--allow-empty', '-m', text);
    await git('push', '-q', '--force', 'origin', `HEAD:refs/heads/${branch}`);
    return git('rev-parse', 'HEAD');
  };
  return { bare, work, git, push };
}

export interface Start {
  /** Where slipway.yml is, and the state. */
  readonly folder: string;
  readonly args?: readonly string[];
  readonly env?: Record<string, string | undefined>;
  /** The name of the folder that it remembers in. */
  readonly state?: string;
}

/** `slipway serve` in a process of its own. */
export async function startServer({ folder, args = [], env = {}, state = 'state' }: Start) {
  const child = spawn(
    process.execPath,
    [
      actionMain('cli'),
      'serve',
      '-C',
      folder,
      '--state',
      state,
      ...(args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']),
      ...args,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: folder, ...compileCache, SERVE_SECRET: secret, ...env },
    },
  );
  const settled = endLater(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = once(child, 'close').then(([code, signal]) => {
    settled();
    return { code: code as number | null, signal: signal as string | null };
  });
  const address = () => /listening on (\S+)/.exec(text)?.[1];
  await Promise.race([
    ended,
    eventually(async () => {
      if (address() === undefined) throw new Error(`it does not listen:\n${text}`);
    }),
  ]);
  const log = () => text;
  return { child, ended, log, address: address() ?? '', folder: join(folder, state) };
}

export type Server = Awaited<ReturnType<typeof startServer>>;

/** Ends a server as systemd does, and expects it to end well. */
export async function stop(server: Server): Promise<void> {
  server.child.kill('SIGTERM');
  expect(await server.ended).toEqual({ code: 0, signal: null });
}

export interface Answer {
  readonly status?: number;
  readonly body?: { accepted: boolean; id?: string; why?: string };
  /** Of a connection that was cut. */
  readonly error?: string;
}

/** Sends a push as it is. */
export function send(
  { address }: Pick<Server, 'address'>,
  { headers, body }: { headers: Record<string, string>; body: string | Buffer },
  options: { method?: string; path?: string; ca?: Buffer; agent?: import('node:http').Agent } = {},
): Promise<Answer> {
  return new Promise(resolve => {
    const { ca, method = 'POST', ...rest } = options;
    const [host, port] = address.split(':');
    const ask = ca === undefined ? plain : secure;
    const outgoing = ask(
      { host, port, method, headers: { 'content-length': Buffer.byteLength(body), ...headers }, ca, ...rest } as object,
      response => {
        let text = '';
        response.on('data', chunk => (text += chunk));
        response.on('error', error => resolve({ error: error.message }));
        response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text || 'null') }));
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }));
    outgoing.end(body);
  });
}

/** Its pushes and how they stand, from its folder. */
export async function statusOf(folder: string, state = 'state') {
  const { stdout } = await run(
    [process.execPath, actionMain('cli'), 'serve', '--status', '--json', '-C', folder, '--state', state],
    { env: { PATH: process.env['PATH'], HOME: folder, ...compileCache }, timeout: 30_000 },
  );
  return JSON.parse(stdout).pushes as { id: string; state: string; commit: string; why?: string; log?: string }[];
}

/** The state of a push, read from its file. */
export async function stateOf({ folder }: Pick<Server, 'folder'>, id: string): Promise<string> {
  return JSON.parse(await readFile(join(folder, 'queue', `${id}.json`), 'utf8')).state;
}

/** Waits for the end of a push. */
export async function endOf(server: Pick<Server, 'folder'>, id: string): Promise<string> {
  let state = '';
  await eventually(async () => {
    state = await stateOf(server, id);
    if (state === 'waiting' || state === 'running') throw new Error(`${id} is ${state}`);
  });
  return state;
}

export type { Sent };

/** The file of a push in the queue. */
export const fileOf = (server: Server, id: string) => join(server.folder, 'queue', `${id}.json`);

/** Kills a server while it releases this push. */
export async function killInRelease(server: Server, id: string): Promise<void> {
  await eventually(async () => expect(await readFile(fileOf(server, id), 'utf8')).toContain('"process"'));
  server.child.kill('SIGKILL');
  await server.ended;
}

/** Starts the next one, which waits for the release that is under way. */
export async function startSuccessor(start: Start): Promise<Server> {
  const next = await startServer(start);
  await eventually(async () => expect(next.log()).toContain('it is waited for'));
  return next;
}
