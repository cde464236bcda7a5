import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { run } from '../../src/core/process.ts';
import { endLater } from './leftovers.ts';

const someone = ['NAME', 'EMAIL'].flatMap(key =>
  ['AUTHOR', 'COMMITTER'].map(who => [`GIT_${who}_${key}`, 'someone@test'] as const),
);

/** git as a person uses it. */
export async function git(directory: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, ...Object.fromEntries(someone) };
  return (await run(['git', '-C', directory, ...args], { timeout: 30_000, env })).stdout.trim();
}

/** A repository that others push to, with these files in its first commit, in a folder of its own. */
export async function makeOrigin(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-gitops-'));
  const origin = join(folder, 'origin.git');
  await git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
  let clones = 0;
  const clone = async (...options: string[]): Promise<string> => {
    const path = join(folder, `clone${++clones}`);
    await git(folder, 'clone', '--quiet', ...options, `file://${origin}`, path);
    return path;
  };
  /** Commits files and pushes them, as a person does. */
  const publish = async (directory: string, changed: Readonly<Record<string, string>>, subject: string) => {
    for (const [name, text] of Object.entries(changed)) await writeFile(join(directory, name), text);
    await git(directory, 'add', ...Object.keys(changed));
    await git(directory, 'commit', '--quiet', '-m', subject);
    await git(directory, 'push', '--quiet', 'origin', 'HEAD:main');
  };
  await publish(await clone(), files, 'first');
  return { folder, origin, clone, publish, end: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * What a GitOps controller does, by its own means: looks at the repository all the time, builds the kustomization (or what
 * `build` builds), applies it server-side in the name of Flux's kustomize-controller (or another manager), by force, and does so
 * again every few seconds whatever others wrote.
 */
export function startFollower(
  kubectl: (args: readonly string[], input?: string) => Promise<string>,
  directory: string,
  build = () => kubectl(['kustomize', directory]),
  manager = 'kustomize-controller',
): { readonly stop: () => Promise<void>; readonly pause: () => void; readonly go: () => void } {
  const ended = new AbortController();
  let paused = false;
  const loop = (async () => {
    let applied = '';
    for (let round = 0; !ended.signal.aborted; round++) {
      await setTimeout(400, undefined, { signal: ended.signal }).catch(() => undefined);
      if (paused || ended.signal.aborted) continue;
      await git(directory, 'pull', '--quiet', '--ff-only');
      const head = await git(directory, 'rev-parse', 'HEAD');
      if (head === applied && round % 8 !== 0) continue;
      const apply = ['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '-f', '-'];
      await kubectl(apply, await build());
      applied = head;
    }
  })();
  loop.catch(() => undefined); // thrown where it is stopped
  const stop = async () => {
    ended.abort();
    await loop;
  };
  endLater(() => ended.abort());
  return {
    stop,
    pause: () => {
      paused = true;
    },
    go: () => {
      paused = false;
    },
  };
}

/** Asks until the answer is the one that is wanted, for a minute. */
export async function expectSoon(ask: () => Promise<string>, wanted: string): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    const seen = await ask().catch(String);
    if (seen === wanted) return;
    if (Date.now() > until) throw new Error(`"${seen}" instead of "${wanted}"`);
    await setTimeout(300);
  }
}
