import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { type Release, releaseVersion } from '../../core/version.ts';
import type { SetupGoCross } from '../run.ts';
import type { MainPackage } from './packages.ts';
import { assertFit, isShallow, versionNotes } from './version-notes.ts';

/**
 * A named version stands for a commit: with changes in the tree it would name something else. git is asked while the
 * packages are still being listed.
 *
 * @throws SlipwayError TREE_DIRTY, VERSION_INVALID
 */
export async function versionOf(context: SetupGoCross, listing: Promise<readonly MainPackage[]>): Promise<Release> {
  const { inputs, directory, signal } = context;
  const module = listing.then(packages => packages[0]!.module);
  const shallow = isShallow(directory, signal);
  shallow.catch(() => undefined);
  const runTag = process.env['GITHUB_REF_TYPE'] === 'tag' ? process.env['GITHUB_REF_NAME'] : undefined;
  const release = await releaseVersion({
    directory,
    module,
    signal,
    version: inputs.version,
    ...(runTag === undefined ? {} : { runTag }),
  });
  assertFit(release);
  if (release.missing !== undefined) {
    log.warning(
      `${directory}: ${reasons[release.missing]}; the record has no commit${release.source === 'none' ? ' and no version' : ''}`,
    );
  }
  for (const note of versionNotes(release, await module, await shallow)) log.warning(note);
  if (release.changes.length === 0) return release;
  const shown = `${release.changes.slice(0, 5).join(', ')}${release.changes.length > 5 ? ', …' : ''}`;
  if (release.source === 'pseudo-version') {
    log.warning(`the working tree has changes (${shown}): the binaries do not come from the commit alone`);
    return release;
  }
  throw new SlipwayError(
    'TREE_DIRTY',
    `the version ${release.version} (${release.source}) names a commit, but the working tree has changes: ${shown}`,
    {
      hint: `Nothing was built. Put generated files into .gitignore, and commit the rest${release.source === 'tag' ? '; the new commit needs a tag of its own' : ', or leave version empty'}.`,
    },
  );
}

const reasons = {
  'no-git': 'there is no git program',
  'no-repository': 'it is not in a git repository',
  'no-commit': 'the repository has no commit',
};
