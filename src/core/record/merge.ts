import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../errors.ts';
import type { ReleaseRecord, Verification } from './schema.ts';

/** A record with the file that it came from, for errors. */
export interface Sourced {
  readonly file: string;
  readonly record: ReleaseRecord;
}

/**
 * Joins partial records (one a matrix job, say) into one. Lists join by key: a binary's is (package, target), an image's
 * the digest, a deployment's (kind, place, service, started). Verifications of several jobs are one whose verdict is the
 * worst of them. Whatever contradicts is an error that names both files.
 */
export function mergeRecords(sources: readonly Sourced[]): ReleaseRecord {
  const [first, ...rest] = sources;
  if (first === undefined)
    throw new SlipwayError('RECORD_MISSING', 'there is no record to merge', {
      hint: 'Give the input "release" at least one path.',
    });
  return rest.reduce((sum, next) => mergeTwo(sum, next), first).record;
}

function mergeTwo(a: Sourced, b: Sourced): Sourced {
  const conflict = (what: string, left: unknown, right: unknown) =>
    new SlipwayError(
      'RECORD_CONFLICT',
      `${what} differs: ${JSON.stringify(left)} in ${a.file}, ${JSON.stringify(right)} in ${b.file}`,
      {
        hint: 'Merge only records of one release: same version, same commit, each target built once.',
      },
    );
  const merged: Record<string, unknown> = { ...b.record, ...a.record };
  for (const key of Object.keys(merged)) {
    const [left, right] = [a.record[key], b.record[key]];
    if (left === undefined || right === undefined || isDeepStrictEqual(left, right)) continue;
    const lists = joins[key];
    if (lists !== undefined)
      merged[key] = joinLists(left as Item[], right as Item[], lists, (what, x, y) => conflict(`${key} ${what}`, x, y));
    else if (united.includes(key)) merged[key] = unite(left as unknown[], right as unknown[]);
    else if (key === 'verification') merged[key] = joinVerifications(left as Verification, right as Verification);
    else if (key === 'toolchain' && sameToolchain(left, right)) merged[key] = left;
    else throw conflict(key, left, right);
  }
  return { file: `${a.file} + ${b.file}`, record: merged as ReleaseRecord };
}

type Item = Record<string, unknown>;
interface Join {
  /** What makes two entries the same thing. */
  readonly key: readonly string[];
  /** What must then agree; other fields of the first entry win. */
  readonly agree: readonly string[];
  /** Lists inside that are united. */
  readonly unite?: readonly string[];
}

const joins: Record<string, Join> = {
  binaries: { key: ['package', 'target'], agree: ['sha256', 'size'] },
  archives: { key: ['path'], agree: ['sha256', 'size'] },
  images: { key: ['digest'], agree: ['platforms'], unite: ['repositories', 'tags', 'attestations'] },
  deployments: { key: ['kind', 'place', 'service', 'started'], agree: ['release', 'state'] },
};

/** Each job ran its own tests and wrote its own statement. */
const united = ['tests', 'provenance', 'overrides'];

function joinLists(
  left: Item[],
  right: Item[],
  join: Join,
  conflict: (what: string, x: unknown, y: unknown) => SlipwayError,
): Item[] {
  const keyOf = (item: Item) => join.key.map(field => item[field]).join(' ');
  const merged = new Map(left.map(item => [keyOf(item), item]));
  for (const item of right) {
    const known = merged.get(keyOf(item));
    if (known === undefined) {
      merged.set(keyOf(item), item);
      continue;
    }
    for (const field of join.agree) {
      if (!isDeepStrictEqual(known[field], item[field]))
        throw conflict(`${keyOf(item)} ${field}`, known[field], item[field]);
    }
    const united = Object.fromEntries(
      (join.unite ?? []).map(field => [field, unite(known[field] as unknown[], item[field] as unknown[])]),
    );
    merged.set(keyOf(item), { ...item, ...known, ...united });
  }
  return [...merged.values()];
}

/** From bad to good: of two, what stands first holds for both together. */
const verdicts = ['failed', 'inconclusive', 'verified'];
const identities = ['unknown', 'none', 'reported', 'proven'];

/** Each job verified what it knew of; the release is verified when all of it is. */
function joinVerifications(a: Verification, b: Verification): Verification {
  const worst = (order: readonly string[], x: unknown, y: unknown) =>
    order.indexOf(String(x)) <= order.indexOf(String(y)) ? x : y;
  return {
    ...b,
    ...a,
    verdict: worst(verdicts, a.verdict, b.verdict) as Verification['verdict'],
    ...('identity' in a || 'identity' in b ? { identity: worst(identities, a['identity'], b['identity']) } : {}),
    checks: unite(a.checks, b.checks) as Verification['checks'],
    reasons: unite(a.reasons, b.reasons) as string[],
    at: a.at > b.at ? a.at : b.at,
  };
}

function unite(left: unknown[], right: unknown[]): unknown[] {
  return [...left, ...right.filter(item => !left.some(known => isDeepStrictEqual(known, item)))];
}

/** Jobs on runners of another kind install the same version from another archive. */
function sameToolchain(left: unknown, right: unknown): boolean {
  return (left as Item)['version'] === (right as Item)['version'];
}
