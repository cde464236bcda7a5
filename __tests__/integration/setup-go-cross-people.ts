import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { git, type Step, step } from './setup-go-cross-runner.ts';

const { cacheRoot } = await import(new URL('../../scripts/lab/paths.mjs', import.meta.url).href);

/** Where all tests of the machine keep their toolchains. */
export const toolCache = join(cacheRoot() as string, 'tools');

/** Runs the action on a module, as in a job whose checkout is `directory`. */
export const act = (
  directory: string,
  inputs: Record<string, string>,
  env: Record<string, string> = {},
  onLog?: Parameters<typeof step>[3],
): Promise<Step> =>
  step(
    { 'working-directory': directory, targets: 'linux/amd64', ...inputs },
    { RUNNER_TOOL_CACHE: toolCache, GOTOOLCHAIN: undefined, GOFLAGS: undefined, GITHUB_WORKSPACE: directory, ...env },
    undefined,
    onLog,
  );

/** A repository of these files with one commit, whose tag is v1.3.0. */
export async function repository(directory: string, files: Record<string, string | Uint8Array>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  await git(directory, 'init', '-q');
  await commit(directory);
  return directory;
}

export async function commit(directory: string): Promise<void> {
  await git(directory, 'add', '.');
  await git(directory, 'commit', '-q', '-m', 'one');
  await git(directory, 'tag', '-f', 'v1.3.0');
}

export const outFiles = (directory: string) =>
  existsSync(join(directory, 'slipway-out')) ? readdirSync(join(directory, 'slipway-out')) : [];

export const annotations = ({ log }: Step) => log.split('\n').filter(line => line.startsWith('::error title='));

export const main = 'package main\n\nfunc main() { println("hello") }\n';
export const goMod = 'module example.com/m\n\ngo 1.26.8\n';

/** Every line between a group's beginning and its end belongs to it; groups do not nest, and each is closed. */
export function groupsOf({ log }: Step): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  let open: string[] | undefined;
  for (const line of log.split('\n')) {
    if (line.startsWith('::group::')) {
      expect(open).toBeUndefined();
      open = [];
      groups.set(line.slice('::group::'.length), open);
    } else if (line === '::endgroup::') open = undefined;
    else open?.push(line);
  }
  expect(open).toBeUndefined();
  return groups;
}
