import type { ReleaseRecord } from '../record/schema.ts';

/** What can be said of a release in one word. A deployment that was taken back outranks everything else. */
export type Verdict = 'verified' | 'failed' | 'inconclusive' | 'rolled-back';

export function verdictOf(record: ReleaseRecord): Verdict {
  const states = latestStates(record);
  if (states.includes('rolled-back')) return 'rolled-back';
  if (states.includes('failed')) return 'failed';
  return record.verification?.verdict ?? 'inconclusive';
}

/** The state of the newest deployment to each place. */
function latestStates(record: ReleaseRecord): string[] {
  const latest = new Map<string, { started: string; state: string }>();
  for (const { kind, place, service, started, state } of record.deployments) {
    const key = `${kind} ${place} ${service}`;
    const known = latest.get(key);
    if (known === undefined || known.started <= started) latest.set(key, { started, state });
  }
  return [...latest.values()].map(({ state }) => state);
}
