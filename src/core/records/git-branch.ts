import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { sleep } from '../deadline.ts';
import { messageOf, SlipwayError } from '../errors.ts';
import { type Git, gitIn, remoteOf, tokenFor } from './git-access.ts';
import { readBatch } from './git-batch.ts';

/** A branch of a remote that nobody checks out. */
export interface Branch {
  /** Paths of the files below a folder. */
  list(folder: string, signal: AbortSignal): Promise<string[]>;
  /** As the last `list` or `look` saw it. */
  read(path: string, signal: AbortSignal): Promise<string | undefined>;
  /** The same of many files, by one process. */
  readAll(paths: readonly string[], signal: AbortSignal): Promise<(string | undefined)[]>;
  /** Asks the remote again. */
  look(signal: AbortSignal): Promise<void>;
  /** Adds a file in a commit of its own. `false`: another one is there. */
  add(path: string, text: string, message: string, signal: AbortSignal): Promise<boolean>;
}

export interface BranchOptions {
  readonly directory: string;
  readonly branch: string;
  readonly env: NodeJS.ProcessEnv;
  /** For errors: `slipway.yml:3`. */
  readonly place: string;
}

/** Looks at a branch that moves all the time. */
const attempts = 20;
/** Failures in a row without anybody else's commit: then it is not a race. */
const patience = 4;

const identity = {
  GIT_AUTHOR_NAME: 'Slipway',
  GIT_AUTHOR_EMAIL: 'slipway@localhost',
  GIT_COMMITTER_NAME: 'Slipway',
  GIT_COMMITTER_EMAIL: 'slipway@localhost',
};

const readme = `# Records

What was released, and what was done with it: written by Slipway, one commit an entry. Nothing here is ever changed.

- \`releases/VERSION.json\`: the release record. Binaries are in the image that it names.
- \`entries/MONTH/*.json\`: deployments and verdicts, one file each.
`;

/**
 * Reads and writes the branch by git's plumbing alone: no checkout, no index, no branch of the working tree is touched.
 * A commit is pushed only onto the one that it was made from; when somebody else was first, it is made anew.
 */
export function remoteBranch({ directory, branch, env, place }: BranchOptions): Branch {
  const ref = `refs/heads/${branch}`;
  const plain = gitIn(directory, env);
  let opened: Promise<{ git: Git; remote: string; depth: readonly string[] }> | undefined;
  let seen: string | undefined;

  async function open(signal: AbortSignal) {
    const remote = await remoteOf(plain, place, signal);
    const access = await tokenFor(plain, remote, env, signal);
    const shallow = (await plain(['rev-parse', '--is-shallow-repository'], { signal })).trim() === 'true';
    const git: Git = (args, options) => plain(args, { ...options, env: { ...access, ...options.env } });
    // A checkout without history gets none of the branch either; one with history must not become shallow by us.
    return { git, remote, depth: shallow ? ['--depth=1'] : [] };
  }

  function opening(signal: AbortSignal) {
    opened ??= open(signal);
    return opened;
  }

  /** The commit of the branch, and everything that it needs; undefined where there is no such branch yet. */
  async function look(signal: AbortSignal): Promise<string | undefined> {
    const { git, remote, depth } = await opening(signal);
    for (let tries = 1; ; tries++) {
      try {
        const [tip = ''] = (await git(['ls-remote', remote, ref], { signal })).split(/\s/);
        if (tip === '') return undefined;
        if (await has(git, tip, signal)) return tip;
        const keep = ['--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', ...depth];
        await git(['fetch', '--quiet', ...keep, remote, `+${ref}:refs/remotes/${remote}/${branch}`], { signal });
        if (await has(git, tip, signal)) return tip;
        if (tries >= attempts) throw new Error(`${tip} was replaced before it was read, ${tries} times`);
      } catch (error) {
        // Another process of this repository may hold a lock; the network may have failed.
        if (signal.aborted || tries >= patience) throw failed(`reading ${branch} of ${remote}`, error);
      }
      await sleep(100 * tries * Math.random(), signal);
    }
  }

  async function commit(base: string | undefined, files: Record<string, string>, message: string, signal: AbortSignal) {
    const { git } = await opening(signal);
    const folder = await mkdtemp(join(tmpdir(), 'slipway-git-'));
    const env = { ...identity, GIT_INDEX_FILE: join(folder, 'index') };
    try {
      if (base !== undefined) await git(['read-tree', base], { env, signal });
      for (const [path, text] of Object.entries(files)) {
        const blob = (await git(['hash-object', '-w', '--stdin'], { input: text, signal })).trim();
        await git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { env, signal });
      }
      const tree = (await git(['write-tree'], { env, signal })).trim();
      const parent = base === undefined ? [] : ['-p', base];
      return (await git(['commit-tree', tree, ...parent, '-m', message], { env, signal })).trim();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function add(path: string, text: string, message: string, signal: AbortSignal): Promise<boolean> {
    const { git, remote } = await opening(signal);
    let base = await look(signal);
    for (let stuck = 0, tries = 0; ; tries++) {
      const there = base === undefined ? undefined : await show(git, base, path, signal);
      if (there !== undefined) return there === text;
      const files = { ...(base === undefined ? { 'README.md': readme } : {}), [path]: text };
      const made = await commit(base, files, message, signal);
      try {
        // Without force: the remote takes it only onto its parent. The first commit has none, so the lease says it.
        const lease = base === undefined ? [`--force-with-lease=${ref}:`] : [];
        await git(['push', '--quiet', '--no-verify', ...lease, remote, `${made}:${ref}`], { signal });
        return true;
      } catch (error) {
        signal.throwIfAborted();
        const now = await look(signal);
        stuck = now === base ? stuck + 1 : 0;
        if (stuck >= patience) throw failed(`pushing to ${branch} of ${remote}`, error);
        base = now;
      }
      // Others who were too late try again now: a random pause keeps them apart. Who waited long sees no news.
      if (stuck > 0 || tries > 0) {
        await sleep(Math.random() * Math.min(4000, 100 * 2 ** tries), signal);
        base = await look(signal);
      }
    }
  }

  return {
    async list(folder, signal) {
      seen = await look(signal);
      if (seen === undefined) return [];
      const { git } = await opening(signal);
      const names = await git(['ls-tree', '-r', '-z', '--name-only', seen, `${folder}/`], { signal });
      return names.split('\0').filter(name => name !== '');
    },
    async read(path, signal) {
      return seen === undefined ? undefined : show((await opening(signal)).git, seen, path, signal);
    },
    async readAll(paths, signal) {
      return seen === undefined
        ? paths.map(() => undefined)
        : showAll((await opening(signal)).git, seen, paths, signal);
    },
    async look(signal) {
      seen = await look(signal);
    },
    add,
  };
}

async function has(git: Git, commit: string, signal: AbortSignal): Promise<boolean> {
  return git(['cat-file', '-e', `${commit}^{tree}`], { signal }).then(
    () => true,
    () => false,
  );
}

async function show(git: Git, commit: string, path: string, signal: AbortSignal): Promise<string | undefined> {
  if ((await git(['ls-tree', commit, path], { signal })) === '') return undefined;
  return git(['cat-file', 'blob', `${commit}:${path}`], { signal });
}

/** Of a file that is not text as UTF-8 the lengths are wrong here: then each is asked for by itself. */
async function showAll(git: Git, commit: string, paths: readonly string[], signal: AbortSignal) {
  if (paths.length === 0) return [];
  const input = paths.map(path => `${commit}:${path}\n`).join('');
  const texts = readBatch(await git(['cat-file', '--batch'], { input, signal }), paths.length);
  return texts ?? pMap(paths, path => show(git, commit, path, signal), { concurrency: 4 });
}

function failed(doing: string, error: unknown): SlipwayError {
  return new SlipwayError('RECORDS_FAILED', `${doing}: ${messageOf(error)}`, {
    hint: 'On GitHub give the job `permissions: contents: write` and the step `env: GITHUB_TOKEN: ${{ github.token }}`; elsewhere look whether `git push` works here, and whether a rule protects the branch.',
    cause: error,
  });
}
