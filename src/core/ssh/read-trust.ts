import { SlipwayError } from '../errors.ts';
import { parseFingerprints } from './fingerprints.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import { parseKnownHosts } from './known-hosts.ts';
import type { Trust } from './trust.ts';

/** The texts of the inputs known-hosts and host-fingerprints. */
export interface TrustInputs {
  readonly knownHosts?: string | undefined;
  readonly hostFingerprints?: string | undefined;
}

/**
 * Reads the inputs. One of them is required, unless every host has pins of its own, jump hosts included: no host key is
 * accepted unseen.
 */
export function readTrust(
  inputs: TrustInputs,
  hosts: readonly HostSpec[] = [],
  jumpHosts: readonly HostSpec[] = [],
): Trust {
  const [lines, fingerprints] = [inputs.knownHosts?.trim() ?? '', inputs.hostFingerprints?.trim() ?? ''];
  if (lines === '' && fingerprints === '') requirePins(hosts, jumpHosts);
  return {
    ...(lines === '' ? {} : { knownHosts: parseKnownHosts(lines) }),
    ...(fingerprints === '' ? {} : { pins: parseFingerprints(fingerprints) }),
  };
}

function requirePins(hosts: readonly HostSpec[], jumpHosts: readonly HostSpec[]): void {
  const all = hosts.flatMap(host => [...(host.jumpHosts ?? jumpHosts), host]);
  const without = all.filter(host => host.fingerprints === undefined).map(formatHost);
  if (all.length > 0 && without.length === 0) return;
  const some = without.length < all.length ? `, and ${without.join(', ')} has no fingerprint of its own` : '';
  throw new SlipwayError('HOST_KEY_REQUIRED', `neither input "known-hosts" nor "host-fingerprints" is given${some}`, {
    hint: 'Give the lines of `ssh-keyscan HOST` as known-hosts, or `ssh-keygen -lf` of the host’s key as host-fingerprints.',
  });
}
