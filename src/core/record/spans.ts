import type { Span } from '../summary.ts';

/** The steps of a deployment as its evidence keeps them; none leave no field. */
export function spansEvidence(spans: readonly Span[]) {
  const time = (ms: number) => new Date(ms).toISOString();
  const kept = spans.map(({ name, start, end, failed }) => ({
    name,
    started: time(start),
    ended: time(end),
    ...(failed ? { failed } : {}),
  }));
  return kept.length === 0 ? {} : { spans: kept };
}
