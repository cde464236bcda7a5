// Versions of the suite: vX.Y.Z is a tag that never moves, vX the one that follows the newest of them.
import semver from 'semver';
import { SlipwayError } from '../../src/core/errors.ts';

/** @returns {{ tag: string, major: string }} `v1.2.3` and `v1` */
export function parseVersion(text) {
  const version = semver.parse(text.replace(/^v/, ''));
  if (version === null || version.build.length > 0 || version.version !== text.replace(/^v/, '')) {
    throw new SlipwayError('VERSION_INVALID', `"${text}" is no version to release`, {
      hint: 'Write 1.2.3, or 1.2.3-rc.1. Nothing was changed.',
    });
  }
  return { tag: `v${version.version}`, major: `v${version.major}` };
}

/** Whether the major tag follows `tag`: no prerelease, and no newer version of that major is there. */
export function leadsMajor(tag, others) {
  if (semver.prerelease(tag) !== null) return false;
  return others
    .filter(other => semver.valid(other) !== null && semver.prerelease(other) === null)
    .filter(other => semver.major(other) === semver.major(tag))
    .every(other => semver.lte(other, tag));
}
