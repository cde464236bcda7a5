import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { variableOf } from '../../src/core/inputs.ts';
import { run } from '../../src/core/process.ts';
import type { Deployment, ReleaseRecord } from '../../src/core/record/schema.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';
import type { LabCluster } from './lab.ts';
import { endLater } from './leftovers.ts';

const main = actionMain('deploy-k8s-canary');
const examples = fileURLToPath(new URL('../../examples/hello/kubernetes/', import.meta.url));

export interface Done {
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly record: ReleaseRecord | undefined;
  /** The record's last deployment. */
  // biome-ignore lint/suspicious/noExplicitAny: evidence is looked at as each test needs it
  readonly deployment: (Deployment & { evidence: any }) | undefined;
  /** Milliseconds. */
  readonly took: number;
}

/** The action under way in a process of its own. */
export interface Running {
  readonly done: Promise<Done>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Resolves as soon as the log has the text. */
  readonly says: (text: string) => Promise<void>;
}

/**
 * Starts the action as a runner would, in a folder of its own with manifests.
 *
 * @param program what is started; default: the source's entry
 * @param more variables of its environment
 */
export function start(
  kubeconfig: string,
  inputs: Record<string, string>,
  manifests: Record<string, string>,
  program = main,
  more: Record<string, string> = {},
): Running {
  const began = Date.now();
  let log = '';
  const listeners = new Set<() => void>();
  let child: ReturnType<typeof spawn> | undefined;
  const ended = endLater(() => child?.kill('SIGKILL'));
  const done = (async (): Promise<Done> => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-canary-'));
    const file = (name: string) => join(folder, name);
    try {
      for (const name of ['output', 'summary']) await writeFile(file(name), '');
      for (const [name, text] of Object.entries(manifests)) await writeFile(file(name), text);
      const given: Record<string, string> = { 'working-directory': folder, 'warm-up': '0s', ...inputs };
      const env = {
        PATH: process.env['PATH'],
        ...compileCache,
        KUBECONFIG: kubeconfig,
        GITHUB_OUTPUT: file('output'),
        GITHUB_STEP_SUMMARY: file('summary'),
        ...more,
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
      };
      const started = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding('utf8').on('data', chunk => {
          log += chunk;
          for (const listener of listeners) listener();
        });
      }
      const timer = setTimeout(() => started.kill('SIGKILL'), 240_000);
      const code = await new Promise<number | null>(resolve => started.once('close', resolve));
      clearTimeout(timer);
      ended();
      for (const listener of listeners) listener();
      const outputs = outputsOf(await readFile(file('output'), 'utf8'));
      const record =
        outputs['release'] === undefined ? undefined : JSON.parse(await readFile(outputs['release'], 'utf8'));
      const summary = await readFile(file('summary'), 'utf8');
      return { code, log, outputs, summary, record, deployment: record?.deployments.at(-1), took: Date.now() - began };
    } finally {
      await rm(folder, { recursive: true });
    }
  })();
  return {
    done,
    signal: name => void child?.kill(name),
    says: text =>
      new Promise((resolve, reject) => {
        const look = () => log.includes(text) && resolve();
        listeners.add(look);
        look();
        void done.then(
          ({ log: whole }) => reject(new Error(`the action ended without saying "${text}":\n${whole}`)),
          reject,
        );
      }),
  };
}

function outputsOf(text: string): Record<string, string> {
  const found = text.matchAll(/^(.+?)<<(.+)\r?\n([\s\S]*?)\r?\n\2$/gm);
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value]));
}

/** The example's manifests, for a node port and a host name of the test's own. */
export async function exampleManifests(
  nodePort: number,
  host: string,
): Promise<Record<'deployment' | 'service' | 'gateway' | 'httproute', string>> {
  const read = (name: string) => readFile(`${examples}${name}.yaml`, 'utf8');
  return {
    deployment: await read('deployment'),
    service: (await read('service')).replace('nodePort: 30080', `nodePort: ${nodePort}`),
    gateway: await read('gateway'),
    httproute: (await read('httproute')).replace('hello.test', host),
  };
}

/** kubectl, the outside view. */
export function kubectlOf(cluster: LabCluster, namespace: string) {
  return async (args: readonly string[], input = ''): Promise<string> => {
    const argv = [
      cluster.kubectl,
      '--kubeconfig',
      cluster.kubeconfig,
      '-n',
      namespace,
      '--request-timeout',
      '30s',
      ...args,
    ];
    return (await run(argv as [string, ...string[]], { input, timeout: 120_000 })).stdout.trim();
  };
}

/** A user: asks again and again, each time over a connection of its own, until stopped or until the test ends. */
export function userTraffic(url: string, host: string | undefined, everyMs: number) {
  const seen = { requests: 0, failed: [] as string[], versions: new Map<string, number>() };
  const pending = new Set<Promise<void>>();
  const ask = () => {
    const one = get(url, host).then(
      ({ status, body }) => {
        seen.requests++;
        if (status !== 200) seen.failed.push(`status ${status}`);
        else {
          const version = String(JSON.parse(body).version);
          seen.versions.set(version, (seen.versions.get(version) ?? 0) + 1);
        }
      },
      error => {
        seen.requests++;
        seen.failed.push(String(error.code ?? error.message));
      },
    );
    pending.add(one);
    void one.finally(() => pending.delete(one));
  };
  const timer = setInterval(ask, everyMs);
  const stop = async () => {
    clearInterval(timer);
    await Promise.all(pending);
    return seen;
  };
  endLater(stop);
  return { seen, stop };
}

/** One GET; node:http, because fetch allows no Host header. */
export function get(url: string, host?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, timeout: 5000, headers: host === undefined ? {} : { host } }, answer => {
      const chunks: Buffer[] = [];
      answer.on('data', chunk => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode!, body: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    sent.on('error', reject);
    sent.end();
  });
}
