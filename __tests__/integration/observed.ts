import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { run } from '../../src/core/process.ts';
import { parseDuration } from '../../src/core/units.ts';

/** An alert as the generated rules have it. */
export interface Ruled {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds, as its annotations state them. */
  readonly fires: number;
  readonly clears: number;
}

/** The alerts of files of rules. */
export async function alertsIn(files: readonly string[]): Promise<Ruled[]> {
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8')));
  const rules = texts.flatMap(text => parse(text).groups).flatMap(group => group.rules) as {
    alert?: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  }[];
  return rules.flatMap(({ alert, labels, annotations }) =>
    alert === undefined
      ? []
      : [
          {
            alert,
            labels,
            fires: parseDuration(annotations['fires_within']!),
            clears: parseDuration(annotations['clears_within']!),
          },
        ],
  );
}

/** What a Prometheus answers to a query: value by labels. */
export async function query(url: string, expr: string): Promise<{ metric: Record<string, string>; value: string }[]> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`, {
    signal: AbortSignal.timeout(5000),
  });
  const { data, error } = (await answer.json()) as {
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    error?: string;
  };
  if (data === undefined) throw new Error(`${expr}: ${error}`);
  return data.result.map(({ metric, value }) => ({ metric, value: value[1] }));
}

/** Names of the alerts that fire. */
export async function firing(url: string): Promise<Set<string>> {
  const found = await query(url, 'ALERTS{alertstate="firing"}');
  return new Set(found.map(({ metric }) => metric['alertname']!));
}

/** Programs that are ended with the test. */
export class Programs {
  readonly #children: ChildProcess[] = [];

  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    const child = spawn(command, args, { stdio: 'ignore', env });
    this.#children.push(child);
    return child;
  }

  async end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await new Promise(resolve => child.once('exit', resolve));
  }

  async endAll(): Promise<void> {
    await Promise.all(this.#children.map(child => this.end(child)));
  }
}

/** Loops of requests, so many at once, until they are stopped. */
export function traffic(url: string, loops: number): () => Promise<void> {
  const ended = new AbortController();
  const loop = async () => {
    while (!ended.signal.aborted)
      await fetch(url, { signal: AbortSignal.any([ended.signal, AbortSignal.timeout(5000)]) })
        .then(answer => answer.text())
        .catch(() => new Promise(resolve => setTimeout(resolve, 100)));
  };
  const all = Array.from({ length: loops }, loop);
  return async () => {
    ended.abort();
    await Promise.all(all);
  };
}

/** Standard output of a program that has to succeed. */
export const said = async (...argv: [string, ...string[]]) => (await run(argv, { timeout: 60_000 })).stdout;
