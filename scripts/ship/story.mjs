// The suite's own release, with the suite's own parts. Whatever a run that died left is found and gone on with: the
// release commit is the same each time, the tag is pushed once, the GitHub release is taken up.
import { SlipwayError } from '../../src/core/errors.ts';
import { log } from '../../src/core/log.ts';
import { openGitHub } from '../../src/release/github/index.ts';
import { attest } from './attest.mjs';
import { ciMustHavePassed } from './ci.mjs';
import { releaseCommit } from './commit.mjs';
import { pack } from './pack.mjs';
import { moveMajor, pushTag } from './tags.mjs';
import { parseVersion } from './version.mjs';

/**
 * @param version `1.2.3`, or `1.2.3-rc.1`, with or without a v
 * @param around `directory`: the checkout; `env`: of a job of GitHub; `signal`; for tests `sigstore` (whose services sign)
 *   and `trustedRoot` (whom the check of the signature trusts)
 */
export async function ship(version, { directory, env, signal, sigstore = {}, trustedRoot }) {
  const { tag } = parseVersion(version);
  using github = openGitHub(env, signal);
  if (github === undefined) {
    throw new SlipwayError('GITHUB_MISSING', 'a release is published by a job of GitHub, and this is none', {
      hint: 'Run the workflow "Ship" (.github/workflows/ship.yml). Nothing was changed.',
    });
  }
  await ciMustHavePassed(directory, env, signal);
  const commit = await releaseCommit(directory, tag, env.GITHUB_REPOSITORY, signal);
  const release = await pack(directory, tag, commit, signal);
  const attestedBy = await attest(release, { env, signal, sigstore, trustedRoot });
  log.info(`${release.record.archives[0].sha256}: ${attestedBy}`);
  await pushTag(directory, tag, commit, signal);
  const { url, state } = await github.publishRelease(tag, release);
  log.info(`${url}: ${state}`);
  log.info(await moveMajor(directory, tag, commit, signal));
}
