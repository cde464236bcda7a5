// The three versions of examples/hello, as commits of a repository of their own: a release begins with a commit.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages, findExecutable } from '../lab/apt.mjs';
import { Missing } from '../lab/missing.mjs';
import { run } from '../lab/run.mjs';
import { root } from '../root.mjs';

/** v1.0.0, v2.0.0, v3.0.0. */
export const releaseVersion = number => `v${number}.0.0`;

// What a version changes of the embedded default; version 3 is broken in a way that only running it shows.
const changes = { 1: {}, 2: { greeting: 'Hello again' }, 3: { greeting: 'Hello, it is broken', start_crash: true } };

/** Resolves with { at(number) }: the path of a checkout of that version. Without git the versions are plain folders. */
export async function makeSource(folder) {
  const git = await ensureGit();
  return {
    async at(number) {
      const directory = join(folder, `v${number}`);
      cpSync(join(root, 'examples', 'hello'), directory, { recursive: true });
      const file = join(directory, 'default.json');
      const defaults = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, `${JSON.stringify({ ...defaults, ...changes[number] }, undefined, 2)}\n`);
      if (git) await commit(directory, number);
      return directory;
    },
  };
}

async function commit(directory, number) {
  // The same commit on every machine and in every run: the image's digest follows from it.
  const date = `2026-01-0${number}T12:00:00Z`;
  const author = { NAME: 'Slipway demo', EMAIL: 'demo@example.com', DATE: date };
  const env = { PATH: process.env.PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1' };
  for (const [key, value] of Object.entries(author))
    Object.assign(env, { [`GIT_AUTHOR_${key}`]: value, [`GIT_COMMITTER_${key}`]: value });
  mkdirSync(directory, { recursive: true });
  const git = (...args) => run(['git', ...args], { cwd: directory, env });
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', `Version ${number}`);
  await git('tag', releaseVersion(number));
}

async function ensureGit() {
  if (await findExecutable('git')) return true;
  try {
    await ensurePackages(['git']);
    return true;
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    return false; // the version is given anyway; the record then has no commit
  }
}
