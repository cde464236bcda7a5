import type { Deployment, ReleaseRecord } from '../record/schema.ts';

/** What can be said of a release in one word. A deployment that was taken back outranks everything else. */
export type Verdict = 'verified' | 'failed' | 'inconclusive' | 'rolled-back';

export function verdictOf(record: ReleaseRecord): Verdict {
  const states = latest(record).map(({ state }) => state);
  if (states.includes('rolled-back')) return 'rolled-back';
  if (states.includes('failed')) return 'failed';
  if (states.some(state => state !== 'healthy' && state !== 'unchanged')) return 'inconclusive';
  return record.verification?.verdict ?? 'inconclusive';
}

/** The newest deployment to each place: what an earlier try left there no longer counts. */
export function latest({ deployments }: ReleaseRecord): Deployment[] {
  const newest = new Map<string, Deployment>();
  for (const one of deployments) {
    const key = JSON.stringify([one.kind, one.place, one.service]);
    const known = newest.get(key);
    if (known === undefined || known.started <= one.started) newest.set(key, one);
  }
  return [...newest.values()];
}

/** Why a deployment ended as it did: a text, or `{code, message}`; one that went well has none. */
export function whyOf({ evidence: { reason } }: Deployment): string | undefined {
  const said = (reason as { message?: unknown } | null | undefined)?.message ?? reason;
  return typeof said === 'string' && said !== '' ? said : undefined;
}
