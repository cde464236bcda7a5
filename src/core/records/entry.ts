import * as v from 'valibot';
import { Deployment, deploymentStates, Override, Verification, verdicts } from '../record/schema.ts';

/** The major version is part of the name: another major is refused, unknown fields of this one are kept. */
export const entrySchema = 'slipway.entry/v1';

/** ISO 8601, UTC. */
const time = v.pipe(v.string(), v.isoTimestamp());

const common = {
  schema: v.literal(entrySchema),
  /** Its own, whoever writes it: begins with the time. */
  id: v.string(),
  /** When it was written. */
  at: time,
  /** Who started it: actor and run, or user and host. */
  by: v.string(),
  /** Name of the program. */
  name: v.string(),
  version: v.string(),
  /** Full git sha of the release. */
  commit: v.optional(v.string()),
  commitTime: v.optional(time),
  /** One of slipway.yml's environments; empty where it has none. */
  environment: v.string(),
  /** What was asked for: `deploy`, `rollback`, `promote`, … */
  mode: v.string(),
  started: time,
  ended: time,
  /** Rules that were set aside in this run. */
  overrides: v.optional(v.array(Override)),
};

/** What was done with a release in a place: written once, never changed. */
export const Entry = v.variant('kind', [
  v.looseObject({
    ...common,
    kind: v.literal('deployment'),
    /** The worst of its deployments. */
    state: v.picklist(deploymentStates),
    deployments: v.array(Deployment),
  }),
  v.looseObject({
    ...common,
    kind: v.literal('verdict'),
    state: v.picklist(verdicts),
    verification: Verification,
    /** What it was a verdict on. */
    deployments: v.array(Deployment),
  }),
]);

export type Entry = v.InferOutput<typeof Entry>;
