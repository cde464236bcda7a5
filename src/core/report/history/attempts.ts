import type { Entry } from '../../records/entry.ts';

/** A deployment that came to an end, and what failed, if anything did. */
export interface Attempt {
  readonly entry: Entry;
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly began: number;
  /** The entry that shows it; what ends later may restore the place. */
  readonly shownBy: Entry;
}

/** `rollback` is no deployment but the way back from one; `abort` ends one that another run began. */
const deploying = ['release', 'deploy', 'promote', 'resume', 'abort'];
const wentWrong = ['failed', 'rolled-back', 'unreachable'];
const unfinished = ['paused', 'inconclusive', 'progressing'];

/** @param inTime as `inOrder` sorts them */
export function attempts(inTime: readonly Entry[]): Attempt[] {
  const deployments = inTime.filter(({ kind }) => kind === 'deployment');
  // going back from what was held in the middle ends it, as `abort` does
  const ends = (entry: Entry) =>
    entry.mode === 'rollback' && unfinished.includes(deployments[deployments.indexOf(entry) - 1]?.state ?? '');
  const isAttempt = (entry: Entry) =>
    entry.kind === 'deployment' &&
    (deploying.includes(entry.mode) || ends(entry)) &&
    (entry.state === 'healthy' || wentWrong.includes(entry.state));
  const starts = inTime.flatMap((entry, index) => (isAttempt(entry) ? [index] : []));
  return starts.map((start, i) => {
    const entry = inTime[start]!;
    return { entry, failure: failureOf(entry, inTime.slice(start + 1, starts[i + 1])) };
  });
}

/** @param until what was written down before the next deployment */
function failureOf(entry: Entry, until: readonly Entry[]): Failure | undefined {
  if (entry.state !== 'healthy') return { began: timesOf(entry).started, shownBy: entry };
  const shownBy = until.find(
    one =>
      (one.kind === 'verdict' && one.state === 'failed' && one.version === entry.version) ||
      (one.kind === 'deployment' && one.mode === 'rollback' && one.state !== 'unchanged'),
  );
  if (shownBy === undefined) return undefined;
  const { started, ended } = timesOf(shownBy);
  return { began: shownBy.kind === 'verdict' ? ended : started, shownBy };
}

/** Undefined while nothing is healthy again. */
export function restoredAfter({ began, shownBy }: Failure, inTime: readonly Entry[]): number | undefined {
  const by = inTime.slice(inTime.indexOf(shownBy)).find(isWell);
  return by === undefined ? undefined : timesOf(by).ended - began;
}

/** Whether the place was healthy at the end of an entry. */
function isWell(entry: Entry): boolean {
  if (entry.kind === 'verdict') return entry.state === 'verified';
  if (entry.state !== 'rolled-back') return entry.state === 'healthy' || entry.state === 'unchanged';
  // A host whose way back is not healthy stays with what was there; a cluster calls a way back that succeeded `rolled-back`.
  return (
    entry.mode !== 'rollback' || entry.deployments.every(one => one.kind === 'kubernetes' || one.state === 'healthy')
  );
}

/** An entry is about a whole run, with its build; what it tells of has times of its own. */
export function timesOf(entry: Entry): { readonly started: number; readonly ended: number } {
  if (entry.kind === 'verdict') return { started: Date.parse(entry.started), ended: Date.parse(entry.verification.at) };
  const { deployments } = entry;
  const started = deployments.map(one => Date.parse(one.started));
  const ended = deployments.map(one => Date.parse(one.ended ?? entry.ended));
  return deployments.length === 0
    ? { started: Date.parse(entry.started), ended: Date.parse(entry.ended) }
    : { started: Math.min(...started), ended: Math.max(...ended) };
}

/** By their ends; a run writes down its deployment and its verdict at once, and looked at what it had deployed. */
export function inOrder(a: Entry, b: Entry): number {
  return timesOf(a).ended - timesOf(b).ended || Number(a.kind === 'verdict') - Number(b.kind === 'verdict');
}
