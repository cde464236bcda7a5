// The commit that is tagged: that of HEAD, with the tag in each `uses:` of our own actions. So a workflow that is called
// at v1.2.3 runs the actions of v1.2.3, whatever v1 is by then.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from './git.mjs';

const workflows = '.github/workflows';

/** `uses: OWNER/slipway/actions/NAME@v1` → `uses: acme/slipway/actions/NAME@v1.2.3`, also of the reusable workflows. */
export function withTag(text, repository, tag) {
  return text.replaceAll(
    /^(\s*(?:- )?(?:\{ )?uses:\s*["']?)[\w.-]+\/slipway((?:\/[\w.-]+)*)@[\w.-]+/gm,
    (_, before, path) => `${before}${repository}${path}@${tag}`,
  );
}

/**
 * Makes the commit in the object store alone: neither the working tree nor a branch is touched. Author and time are those
 * of HEAD, so that it is the same commit each time.
 *
 * @returns its sha
 */
export async function releaseCommit(directory, tag, repository, signal) {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-ship-'));
  const env = { GIT_INDEX_FILE: join(folder, 'index') };
  const run = (args, more = {}) => git(directory, args, { signal, ...more, env: { ...env, ...more.env } });
  try {
    await run(['read-tree', 'HEAD']);
    for (const path of await list(run)) {
      const text = await run(['show', `HEAD:${path}`], { raw: true });
      const blob = await run(['hash-object', '-w', '--stdin'], { input: withTag(text, repository, tag) });
      await run(['update-index', '--cacheinfo', `100644,${blob},${path}`]);
    }
    const tree = await run(['write-tree']);
    const [name, email, date] = (await run(['log', '-1', '--format=%cn%n%ce%n%cI'])).split('\n');
    const by = { NAME: name, EMAIL: email, DATE: date };
    const who = Object.entries(by).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]);
    return await run(['commit-tree', tree, '-p', 'HEAD', '-m', tag], { env: Object.fromEntries(who) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function list(run) {
  const names = await run(['ls-tree', '--name-only', 'HEAD', `${workflows}/`]);
  return names.split('\n').filter(name => /\.ya?ml$/.test(name));
}
