import { SlipwayError } from '../core/errors.ts';
import { formatSize, parseSize } from '../core/units.ts';
import { lines, mapped, type Value } from '../core/values.ts';
import type { HostFacts } from './facts.ts';

/** What a host must have at least, in the order of its number. */
export interface Requirement {
  readonly name: keyof typeof kinds;
  /** As written: `512M`, `5.10`. */
  readonly least: string;
}

/** How a thing is read from an input and from a host, and written. Versions become one number that grows with them. */
interface Kind {
  readonly read: (text: string) => number;
  readonly of: (facts: HostFacts) => number;
  readonly show: (facts: HostFacts) => string;
}

const bytes = (of: Kind['of']): Kind => ({ read: parseSize, of, show: facts => formatSize(of(facts)) });
const count = (of: Kind['of']): Kind => ({ read: readCount, of, show: facts => String(of(facts)) });

const kinds = {
  memory: bytes(facts => facts.memory),
  disk: bytes(facts => facts.space),
  cores: count(facts => facts.cores),
  inodes: count(facts => facts.inodes),
  systemd: count(facts => facts.systemd),
  kernel: { read: readVersion, of: facts => readVersion(facts.kernel), show: facts => facts.kernel },
} satisfies Record<string, Kind>;

/** `memory >= 512M`, one a line. */
export const requirements: Value<Requirement[]> = mapped(
  lines,
  `NAME >= VALUE, one a line; names: ${Object.keys(kinds).join(', ')}`,
  items => items.map(readRequirement),
);

function readRequirement(line: string): Requirement {
  const [, name, least] = /^([a-z]+) *>= *(\S+(?: ?[A-Za-z]+)?)$/.exec(line) ?? [];
  if (name === undefined || least === undefined || !Object.hasOwn(kinds, name))
    throw new SlipwayError('REQUIRES_INVALID', `${JSON.stringify(line)} is not NAME >= VALUE`);
  const known = name as Requirement['name'];
  if (Number.isNaN(kinds[known].read(least)))
    throw new SlipwayError(
      'REQUIRES_INVALID',
      `${JSON.stringify(least)} in ${JSON.stringify(line)} is no value for it`,
    );
  return { name: known, least };
}

/** What a host does not have of it, in words. Pure. */
export function unmet(wanted: readonly Requirement[], facts: HostFacts): string[] {
  return wanted.flatMap(({ name, least }) => {
    const kind: Kind = kinds[name];
    const has = kind.of(facts);
    return has >= kind.read(least)
      ? []
      : [`${name} >= ${least} is required, and it has ${Number.isNaN(has) ? 'an unknown one' : kind.show(facts)}`];
  });
}

function readCount(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** `5.10.0-30-amd64` counts by its first three numbers. */
function readVersion(text: string): number {
  const [, major, minor = '0', patch = '0'] = /^(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?/.exec(text) ?? [];
  return major === undefined ? Number.NaN : Number(major) * 1e8 + Number(minor) * 1e4 + Number(patch);
}
