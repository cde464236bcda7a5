// vX.Y.Z is pushed once and never moved; vX follows.
import { SlipwayError } from '../../src/core/errors.ts';
import { git } from './git.mjs';
import { leadsMajor, parseVersion } from './version.mjs';

/** Pushes the tag unless it is there; another commit under its name is an error. */
export async function pushTag(directory, tag, commit, signal) {
  const there = (await tagsOf(directory, signal)).get(tag);
  if (there === commit) return;
  if (there !== undefined) {
    throw new SlipwayError('TAG_TAKEN', `the tag ${tag} is there and names ${there}, not ${commit}`, {
      hint: 'A tag is never moved: release the next version. Nothing was changed.',
    });
  }
  await git(directory, ['push', '--quiet', 'origin', `${commit}:refs/tags/${tag}`], { signal });
}

/** Moves `v1` to the newest `v1.Y.Z`. @returns what was done, in words */
export async function moveMajor(directory, tag, commit, signal) {
  const { major } = parseVersion(tag);
  const tags = await tagsOf(directory, signal);
  if (!leadsMajor(tag, [...tags.keys()])) return `${major} stays where it is: ${tag} is not its newest version`;
  const before = tags.get(major) ?? '';
  if (before !== commit) {
    // The lease: another run that moved it meanwhile is not undone.
    const lease = `--force-with-lease=refs/tags/${major}:${before}`;
    await git(directory, ['push', '--quiet', lease, 'origin', `${commit}:refs/tags/${major}`], { signal });
  }
  return `${major} is ${tag}`;
}

/** Tag → commit, as the remote has them. */
async function tagsOf(directory, signal) {
  const lines = (await git(directory, ['ls-remote', '--tags', 'origin'], { signal })).split('\n');
  const pairs = lines.filter(line => line !== '').map(line => line.split('\trefs/tags/'));
  // An annotated tag comes twice; the second, NAME^{}, is its commit.
  return new Map(pairs.map(([sha, name]) => [name.replace(/\^\{\}$/, ''), sha]));
}
