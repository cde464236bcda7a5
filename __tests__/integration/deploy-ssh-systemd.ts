import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../src/core/deadline.ts';
import { sha256File } from '../../src/core/files.ts';
import { variableOf } from '../../src/core/inputs.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';
import { type LabHost, labModule } from './lab.ts';

const main = actionMain('deploy-ssh-systemd');

export interface Deployed {
  readonly code: number | null;
  /** Without the commands that tell the runner what to mask. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** The record that was written; undefined when none was. */
  readonly record: ReleaseRecord | undefined;
}

/** A run of the action under way. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when the log holds the text; rejects when the run ends before. */
  readonly logged: (text: string) => Promise<void>;
  readonly ended: Promise<Deployed>;
}

/** Starts the action in a process and a folder of its own, as a runner would; `env` is added to what it gets. */
export async function startDeploy(
  inputs: Record<string, string>,
  record?: ReleaseRecord,
  env: Record<string, string> = {},
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-deploy-'));
  const file = (name: string) => join(folder, name);
  for (const name of ['output', 'state', 'summary']) await writeFile(file(name), '');
  if (record !== undefined) await writeFile(file('release.json'), JSON.stringify(record));
  const given = {
    'working-directory': folder,
    ...(record === undefined ? {} : { release: 'release.json' }),
    ...inputs,
  };
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ...compileCache,
      GITHUB_OUTPUT: file('output'),
      GITHUB_STATE: file('state'),
      GITHUB_STEP_SUMMARY: file('summary'),
      GITHUB_ACTOR: 'octocat',
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
      ...env,
    },
  });
  let text = '';
  child.stdout.on('data', chunk => (text += chunk));
  child.stderr.on('data', chunk => (text += chunk));
  const shown = () =>
    text
      .split('\n')
      .filter(line => !line.startsWith('::add-mask::') && !line.startsWith('::debug::'))
      .join('\n');
  const ended = new Promise<number | null>(resolve => child.once('close', resolve)).then(async code => {
    const written = record === undefined ? 'slipway-out/release.json' : 'release.json';
    const done = {
      code,
      log: shown(),
      outputs: outputsOf(await readFile(file('output'), 'utf8')),
      summary: await readFile(file('summary'), 'utf8'),
      record: await readFile(file(written), 'utf8').then(JSON.parse, () => undefined),
    };
    await rm(folder, { recursive: true });
    return done;
  });
  const logged = async (wanted: string) => {
    while (!shown().includes(wanted)) {
      if (child.exitCode !== null) throw new Error(`the run ended without saying "${wanted}":\n${shown()}`);
      await sleep(20);
    }
  };
  return { child, logged, ended };
}

export async function deploy(
  inputs: Record<string, string>,
  record?: ReleaseRecord,
  env: Record<string, string> = {},
): Promise<Deployed> {
  return (await startDeploy(inputs, record, env)).ended;
}

function outputsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(.+)<<(ghadelimiter_.+)\n([\s\S]*?)\n?\2$/gm)].map(([, name, , value]) => [name, value]),
  );
}

/** The inputs that reach a host of the lab. */
export async function reach(host: LabHost): Promise<Record<string, string>> {
  return {
    hosts: `${host.user}@${host.address}:${host.port}`,
    'private-key': await readFile(host.privateKey, 'utf8'),
    'known-hosts': await readFile(host.knownHosts, 'utf8'),
  };
}

/** The example's inputs: it says itself when it is ready, and its health is looked at. */
export function helloService(healthyDeadline = '5s'): Record<string, string> {
  return {
    service: 'hello',
    type: 'notify',
    listen: '8080',
    'health-checks': 'http://127.0.0.1:8080/readyz 200',
    'min-healthy-time': '300ms',
    'healthy-deadline': healthyDeadline,
  };
}

/** GET from outside; the status and the JSON body, or the error's code. */
export function fetchJson(url: string): Promise<{ status?: number; body?: Record<string, unknown>; error?: string }> {
  return new Promise(resolve => {
    const request = get(url, { timeout: 2000, agent: false }, response => {
      let text = '';
      response.on('data', chunk => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) }));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }));
  });
}

/** Runs a command on the host as root, from outside and without SSH. */
export async function onHost(host: LabHost, ...argv: string[]): Promise<string> {
  const { exec } = await labModule('host');
  return (await exec(host.name, argv)).stdout.trim();
}

/**
 * For tests that all begin with the same release, and mostly end with it: `deployIt` is called where another one serves, or
 * anything was left.
 *
 * @param directory of the service `hello`
 */
export function beginWith(host: LabHost, directory: string, deployIt: () => Promise<Deployed>): () => Promise<void> {
  const now = () =>
    onHost(host, 'sh', '-c', `readlink ${directory}/current; systemctl show -p ActiveState,SubState --value hello`);
  let wanted: string | undefined;
  return async () => {
    if (wanted !== undefined && (await leftovers(host, directory)) === '' && (await now()) === wanted) return;
    const { log } = await deployIt();
    if (log.includes('::error')) throw new Error(log);
    wanted = await now();
  };
}

/** sha256 of what the service's main process runs, read on the host. */
export async function runningSha256(host: LabHost, service: string): Promise<string> {
  const line = await onHost(host, 'sh', '-c', `sha256sum /proc/$(systemctl show -p MainPID --value ${service})/exe`);
  return line.split(' ')[0]!;
}

/** What must hold after every deployment, however it went: nothing pending, nothing dangling, nobody holds the lock. */
export async function leftovers(host: LabHost, directory: string): Promise<string> {
  const script = `cd ${directory} || exit 0
    ls -d state/intent.* state/reverting.* releases/.new.* .current.* 2>/dev/null
    [ ! -L current ] || [ -e current/unit ] || echo 'current dangles'
    for try in 1 2 3 4 5 6 7 8 9 10; do flock -n state/lock true && exit 0; sleep 0.2; done
    echo 'the lock is held'`;
  return onHost(host, 'sh', '-c', script);
}

/**
 * The same, read from this machine's own /proc: the processes below the host's PID 1 are known here by other numbers.
 *
 * @param pid as the host knows it
 */
export async function sha256FromOutside(host: LabHost, pid: string): Promise<string> {
  const { leaderPid } = (await (await labModule('host')).up({ name: host.name })) as LabHost;
  for (const process of await readdir('/proc')) {
    if (!/^\d+$/.test(process) || !(await isBelow(process, leaderPid))) continue;
    const numbers = /^NSpid:\s+(.+)$/m.exec(await readFile(`/proc/${process}/status`, 'utf8'))?.[1]?.split('\t') ?? [];
    if (numbers.at(-1) === pid) return sha256File(`/proc/${process}/exe`);
  }
  throw new Error(`no process below ${leaderPid} is ${pid} on ${host.name}`);
}

/** By the parents; processes come and go while we look. */
async function isBelow(process: string, leader: number): Promise<boolean> {
  for (let at = Number(process); at > 1; ) {
    if (at === leader) return true;
    const status = await readFile(`/proc/${at}/status`, 'utf8').catch(() => '');
    at = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? 0);
  }
  return false;
}
