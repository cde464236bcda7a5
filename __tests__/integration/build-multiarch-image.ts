import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from '@jest/globals';
import { sha256File } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import type { Binary, ReleaseRecord } from '../../src/core/record/schema.ts';
import { formatTarget, goEnvironment, parseTarget } from '../../src/core/target.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';
import { describeWith, type Lab } from './lab.ts';

const scripts = new URL('../../scripts/lab/', import.meta.url);

/** Clients that nobody here wrote, and the go command. */
export interface Tools {
  readonly crane: string;
  readonly skopeo: string;
  readonly go: string;
}

async function findTools(): Promise<Tools> {
  const [{ peer }, { ensurePackages, findExecutable }, { ensureGo }] = await Promise.all(
    ['peers.mjs', 'apt.mjs', 'go.mjs'].map(name => import(new URL(name, scripts).href)),
  );
  if ((await findExecutable('skopeo')) === undefined) await ensurePackages(['skopeo']);
  return { crane: await peer('crane'), skopeo: await findExecutable('skopeo'), go: await ensureGo() };
}

/** `describeWith('registry', …)` that also needs the tools; a machine that cannot have one skips the tests aloud. */
export async function describeImages(title: string, body: (lab: Lab<'registry'>, tools: Tools) => void): Promise<void> {
  try {
    const tools = await findTools();
    await describeWith('registry', title, lab => body(lab, tools));
  } catch (error) {
    if ((error as Error).name !== 'Missing') throw error;
    const { what, why, get } = error as Error & { what: string; why: string; get: string };
    describe(title, () => test.skip(`SKIPPED, ${what} is missing: ${why}; to get it: ${get}`, () => undefined));
  }
}

/** A folder for one test file. */
export async function temporary(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-image-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const source = `package main

import "os"

func main() { os.Stdout.WriteString("hello from the image\\n") }
`;

/** Builds a real Go program for each target and writes its record, `FOLDER/slipway-out/release.json`. */
export async function buildPrograms(
  folder: string,
  go: string,
  targets: readonly string[] = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
): Promise<{ file: string; record: ReleaseRecord }> {
  const [module, out] = [join(folder, 'module'), join(folder, 'slipway-out')];
  await Promise.all([module, out].map(path => mkdir(path, { recursive: true })));
  await writeFile(join(module, 'go.mod'), 'module example.com/hello\n\ngo 1.24\n');
  await writeFile(join(module, 'main.go'), source);
  const binaries: Binary[] = [];
  for (const text of targets) {
    const target = parseTarget(text);
    const name = `hello-${target.os}-${target.arch}${target.variant ?? ''}`;
    const path = join(out, name);
    const env = { ...process.env, ...goEnvironment(target), CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '' };
    const argv = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', path, '.'] as const;
    await run([go, ...argv], { cwd: module, env, timeout: 300_000 });
    const { size } = await stat(path);
    binaries.push({
      package: 'example.com/hello',
      target: formatTarget(target),
      path: name,
      size,
      sha256: await sha256File(path),
    });
  }
  const record: ReleaseRecord = {
    schema: 'slipway.release/v1',
    name: 'hello',
    version: 'v1.2.3',
    commit: '0123456789abcdef0123456789abcdef01234567',
    commitTime: '2026-01-02T03:04:05Z',
    binaries,
    images: [],
    deployments: [],
  };
  const file = join(out, 'release.json');
  await writeFile(file, JSON.stringify(record));
  return { file, record };
}

export interface Ran {
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

const main = actionMain('build-multiarch-image');

/** Runs the action in its own process, with the environment that a runner gives it and nothing else of ours. */
export async function runImage(
  folder: string,
  inputs: Readonly<Record<string, string>>,
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly umask?: string;
    /** argv in front of node: what limits it. */
    readonly under?: readonly string[];
  } = {},
): Promise<Ran> {
  const runner = await mkdtemp(join(folder, 'runner-'));
  const files = { GITHUB_OUTPUT: join(runner, 'output'), GITHUB_STEP_SUMMARY: join(runner, 'summary') };
  await Promise.all(Object.values(files).map(file => writeFile(file, '')));
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env = {
    PATH: dirname(process.execPath),
    ...compileCache,
    HOME: runner,
    RUNNER_TEMP: runner,
    ...files,
    ...Object.fromEntries(given),
    ...options.env,
  };
  // Not by a shell: it would drop variables whose names have a hyphen.
  const umask = `data:text/javascript,process.umask(0o${options.umask ?? '022'})`;
  const [program, ...argv] = [...(options.under ?? []), process.execPath, '--import', umask, main] as const;
  const child = spawn(program!, argv, { cwd: folder, env });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      log += chunk;
    });
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  clearTimeout(timer);
  const text = await readFile(files.GITHUB_OUTPUT, 'utf8');
  const outputs = [...text.matchAll(/^(\w[\w-]*)<<(\S+)\n(.*?)\n?\2$/gms)].map(match => [match[1]!, match[3]!]);
  return {
    code,
    log,
    outputs: Object.fromEntries(outputs),
    summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8'),
  };
}

let counter = 0;
/** A repository that no test used before. */
export function freshRepository(host: string): string {
  return `${host}/test/image-${process.pid}-${Date.now()}-${counter++}`;
}
