import * as v from 'valibot';
import type { Deployment } from '../record/schema.ts';

/** What the page shows of a deployment's evidence. A record may come from anywhere: what has another shape is not shown. */
const number = v.pipe(v.number(), v.finite());
const count = v.object({ requests: number, errors: number });
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform(text => Date.parse(text)),
);

const Canary = v.object({
  steps: v.pipe(
    v.array(v.object({ weight: number, canary: count, baseline: count, harm: number, good: number })),
    v.minLength(1),
  ),
  limits: v.object({ alpha: number, beta: number }),
  /** Weight and e-values over time. */
  trend: v.optional(v.array(v.object({ at: time, weight: number, harm: number, good: number })), []),
});
export type Canary = v.InferOutput<typeof Canary>;

const Host = v.object({
  checks: v.optional(v.array(v.object({ name: v.string(), attempts: number, failures: number })), []),
  downtimeMs: v.optional(number),
  downtimeMeasuredBy: v.optional(v.string()),
});
export type Host = v.InferOutput<typeof Host>;

const Spans = v.array(
  v.pipe(
    v.object({ name: v.string(), started: time, ended: time, failed: v.optional(v.boolean()) }),
    v.transform(({ name, started, ended, failed = false }) => ({ name, start: started, end: ended, failed })),
  ),
);

export const canaryOf = (one: Deployment) => shaped(Canary, one.evidence);
export const hostOf = (one: Deployment) => shaped(Host, one.evidence);
export const spansOf = (one: Deployment) => shaped(Spans, one.evidence['spans']) ?? [];

function shaped<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}
