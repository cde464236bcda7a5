import { SlipwayError } from '../errors.ts';
import { parseKnownHosts } from './known-hosts.ts';
import { parseFingerprints, type Trust } from './trust.ts';

/** Reads the inputs of these names. One of them is required: no host key is accepted unseen. */
export function readTrust(knownHosts = '', hostFingerprints = ''): Trust {
  const [lines, fingerprints] = [knownHosts.trim(), hostFingerprints.trim()];
  if (lines === '' && fingerprints === '') {
    throw new SlipwayError('HOST_KEY_REQUIRED', 'neither input "known-hosts" nor "host-fingerprints" is given', {
      hint: 'Give the lines of `ssh-keyscan HOST` as known-hosts, or `ssh-keygen -lf` of the host’s key as host-fingerprints.',
    });
  }
  return {
    ...(lines === '' ? {} : { knownHosts: parseKnownHosts(lines) }),
    ...(fingerprints === '' ? {} : { fingerprints: parseFingerprints(fingerprints) }),
  };
}
