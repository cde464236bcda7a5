import { SlipwayError } from '../core/errors.ts';
import { formatSize } from '../core/units.ts';
import type { HostFacts } from './facts.ts';
import type { Settings } from './settings.ts';

/** systemd-run --on-active, DynamicUser, Type=exec: all are there since 240. */
const oldestSystemd = 240;
const spareSpace = 16e6;
const spareInodes = 100;

/**
 * Why nothing can be deployed on this host, whatever the release; empty when it can. Pure.
 *
 * @param upload bytes that the host does not have yet
 */
export function obstacles(facts: HostFacts, settings: Settings, upload: number): string[] {
  const { unit, service } = { unit: facts.unit, service: settings.service };
  const found: string[] = [];
  if (!facts.root) found.push('the agent is not root: connect as root, or give `become: sudo-shell`');
  if (facts.systemd === 0) found.push('there is no systemd');
  else if (facts.systemd < oldestSystemd)
    found.push(`systemd is ${facts.systemd}; ${oldestSystemd} or newer is needed`);
  if (facts.lacking.length > 0) found.push(`programs are missing: ${facts.lacking.join(', ')}`);
  if (unit.load === 'masked') found.push(`${service}.service is masked: systemctl unmask ${service}`);
  else if (unit.fragment !== '' && !facts.ours) {
    found.push(
      `${service}.service exists (${unit.fragment}) and is not of Slipway in ${settings.directory}: give another service`,
    );
  }
  if (facts.directory !== '' && facts.directory !== 'ours') {
    found.push(
      `${settings.directory} exists and is not of Slipway: it holds ${facts.directory.split('\n').slice(0, 3).join(', ')}`,
    );
  }
  if (upload + spareSpace > facts.space) {
    found.push(
      `${formatSize(facts.space)} are free where the releases lie, ${formatSize(upload + spareSpace)} are needed`,
    );
  }
  if (facts.inodes < spareInodes) found.push(`${facts.inodes} inodes are free where the releases lie`);
  if (
    settings.listen !== undefined &&
    facts.listening.includes(settings.listen.port) &&
    facts.unit.active !== 'active'
  ) {
    found.push(`port ${settings.listen.port} is in use, and not by ${service}`);
  }
  return found;
}

export function refused(place: string, found: readonly string[]): SlipwayError {
  return new SlipwayError('HOST_REFUSED', `${place} cannot take the release: ${found.join('; ')}`, {
    hint: 'Nothing was changed. Correct it on the host or in the inputs.',
  });
}
