import { SlipwayError } from '../core/errors.ts';
import { formatSize } from '../core/units.ts';
import type { HostFacts, UserSystemd } from './facts.ts';
import { unmet } from './requirements.ts';
import type { Settings } from './settings.ts';

/** Why a host cannot take a release. */
export interface Obstacle {
  readonly code: string;
  /** What was seen. */
  readonly seen: string;
  /** What to do. */
  readonly hint: string;
}

/** What a release will need on a host that does not have it yet. */
export interface Needed {
  /** Bytes. */
  readonly space: number;
  readonly inodes: number;
}

/** systemd-run --on-active, DynamicUser, Type=exec: all are there since 240. */
const oldestSystemd = 240;
const spareSpace = 16e6;
const spareInodes = 100;

/** Why nothing can be deployed on this host, whatever the release; empty when it can. Pure. */
export function obstacles(facts: HostFacts, settings: Settings, needed: Needed): Obstacle[] {
  return [
    ...ofUser(facts.user, settings),
    ...ofSystem(facts),
    ...ofUnit(facts, settings),
    ...ofDisk(facts, settings, needed),
    ...ofWishes(facts, settings),
  ];
}

/** Without root the services are those of the user, by the user's own systemd. */
function ofUser(user: UserSystemd | undefined, { runAs, listen }: Settings): Obstacle[] {
  if (user === undefined) return [];
  const { name, state, lingers } = user;
  const found: Obstacle[] = [];
  if (!['running', 'degraded', 'starting'].includes(state)) {
    const why = lingers ? '' : `, and ${name} does not linger: loginctl enable-linger ${name}`;
    found.push({
      code: 'HOST_REFUSED',
      seen: `the agent is not root, and ${name} has no systemd of its own that runs${why}`,
      hint: 'Let it linger, connect as root, or give another `become`.',
    });
  }
  if (runAs !== 'dynamic')
    found.push({
      code: 'HOST_REFUSED',
      seen: `a service of ${name} runs as ${name}: leave \`run-as\` out`,
      hint: '',
    });
  if (listen !== undefined && listen.port < 1024)
    found.push({ code: 'HOST_REFUSED', seen: `a service of ${name} may not listen below port 1024`, hint: '' });
  return found;
}

function ofSystem(facts: HostFacts): Obstacle[] {
  const found: Obstacle[] = [];
  if (facts.nas !== undefined) {
    if (!facts.root)
      found.push({
        code: 'HOST_REFUSED',
        seen: 'the agent is not root there',
        hint: 'On a NAS it has to be: connect as an administrator, who has sudo, and give `become-password`.',
      });
  } else if (facts.systemd < oldestSystemd)
    found.push({
      code: 'SYSTEMD_TOO_OLD',
      seen: facts.systemd === 0 ? 'there is no systemd' : `systemd is ${facts.systemd}`,
      hint: `systemd ${oldestSystemd} or newer is needed.`,
    });
  if (facts.lacking.length > 0)
    found.push({
      code: 'PROGRAMS_MISSING',
      seen: `programs are missing: ${facts.lacking.join(', ')}`,
      hint: 'Install them on the host.',
    });
  return found;
}

function ofUnit({ unit, ours, directory, foreignTimer }: HostFacts, settings: Settings): Obstacle[] {
  const found: Obstacle[] = [];
  const { service } = settings;
  if (unit.load === 'masked')
    found.push({
      code: 'UNIT_MASKED',
      seen: `${service}.service is masked`,
      hint: `Unmask it: systemctl unmask ${service}`,
    });
  else if (unit.fragment !== '' && !ours)
    found.push({
      code: 'UNIT_FOREIGN',
      seen: `${service}.service exists (${unit.fragment}) and is not of Slipway in ${settings.directory}`,
      hint: 'Give another service.',
    });
  // one that starts a service which is not meant to be a job, too
  if (foreignTimer !== '')
    found.push({
      code: 'UNIT_FOREIGN',
      seen: `${foreignTimer} exists, starts ${service}.service, and is not of Slipway in ${settings.directory}`,
      hint: 'Remove it, or give another service.',
    });
  if (directory !== '' && directory !== 'ours')
    found.push({
      code: 'DIRECTORY_FOREIGN',
      seen: `${settings.directory} exists and is not of Slipway: it holds ${directory.split('\n').slice(0, 3).join(', ')}`,
      hint: 'Give another service-directory, or empty this one.',
    });
  return found;
}

function ofDisk({ space, inodes, mount }: HostFacts, { directory }: Settings, needed: Needed): Obstacle[] {
  const found: Obstacle[] = [];
  // twice: a full disk at the end of a deployment would be the next fault
  const bytes = 2 * needed.space + spareSpace;
  if (bytes > space)
    found.push({
      code: 'DISK_FULL',
      seen: `${formatSize(space)} are free at ${mount.at}, where the releases lie, and ${formatSize(bytes)} are needed`,
      hint: 'Make room, or give a service-directory on another file system.',
    });
  if (needed.inodes + spareInodes > inodes)
    found.push({
      code: 'INODES_USED_UP',
      seen: `${inodes} inodes are free at ${mount.at}, where the releases lie`,
      hint: 'Remove small files there, or give a service-directory on another file system.',
    });
  for (const [option, words] of [
    ['noexec', 'programs may not be run'],
    ['ro', 'nothing can be written'],
  ] as const)
    if (mount.options.includes(option))
      found.push({
        code: 'DIRECTORY_UNUSABLE',
        seen: `${directory} is on ${mount.at}, where ${words} (mounted ${option})`,
        hint: 'Give a service-directory on another file system.',
      });
  return found;
}

function ofWishes(facts: HostFacts, { service, listen, runAs, createUser, requires }: Settings): Obstacle[] {
  const found: Obstacle[] = [];
  if (facts.portHolder !== '')
    found.push({
      code: 'PORT_IN_USE',
      seen: `port ${listen?.port} is in use by ${facts.portHolder}, not by ${service}`,
      hint: 'End that one, or let the service listen on another port.',
    });
  if (runAs !== 'dynamic' && !facts.hasUser && !createUser)
    found.push({
      code: 'USER_MISSING',
      seen: `the user ${runAs} of run-as does not exist`,
      hint: 'Make it, or give `create-user: true`.',
    });
  const words = unmet(requires, facts);
  if (words.length > 0)
    found.push({ code: 'REQUIREMENT_UNMET', seen: words.join(', '), hint: 'Take another host, or ask for less.' });
  return found;
}

/** One error for all: under their code when they have one. */
export function refused(place: string, found: readonly Obstacle[]): SlipwayError {
  const codes = new Set(found.map(one => one.code));
  const hints = [...new Set(found.map(one => one.hint).filter(Boolean))];
  return new SlipwayError(
    codes.size === 1 ? found[0]!.code : 'HOST_REFUSED',
    `${place} cannot take the release: ${found.map(one => one.seen).join('; ')}`,
    { hint: `Nothing was changed. ${hints.join(' ')}`.trim() },
  );
}
