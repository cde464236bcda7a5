import { SlipwayError } from '../../core/errors.ts';
import type { DeploymentState } from '../outcome.ts';
import type { Done } from './done.ts';
import { joined } from './errors.ts';
import { placeOf } from './place.ts';

const byGravity: readonly DeploymentState[] = [
  'failed',
  'unreachable',
  'rolled-back',
  'inconclusive',
  'paused',
  'progressing',
  'not-begun',
  'healthy',
  'unchanged',
];

/** The state of the whole: that of the cluster that is worst off. */
export function worst(done: readonly Done[]): DeploymentState {
  return byGravity.find(state => done.some(({ outcome }) => outcome.state === state))!;
}

/** What the run fails with: the clusters' own errors, and what each cluster has now. */
export function failureOf(done: readonly Done[], signal: AbortSignal): SlipwayError | undefined {
  const errors = done.flatMap(({ outcome }) => outcome.error ?? []);
  if (done.length === 1 || (errors.length === 0 && !signal.aborted)) return errors[0];
  const error =
    errors.length > 0 ? joined(errors, done.length) : new SlipwayError('CANCELLED', 'the run was cancelled');
  const states = done.map(({ site, outcome }) => `${site.name} ${outcome.state}, serves ${serves(outcome)}`);
  return new SlipwayError(error.code, error.message, {
    hint: `Now: ${states.join('; ')}. ${error.hint ?? ''}`.trim(),
    cause: error,
  });
}

/** What users of a cluster get now, in short. */
export function serves(outcome: Done['outcome']): string {
  const { state, image, previous, identity } = outcome;
  const proven = identity?.pods[0]?.image;
  if (proven !== undefined) return short(proven);
  if (state === 'healthy' || state === 'unchanged') return short(image);
  if (state === 'not-begun' || state === 'rolled-back') return short(previous) || 'as before';
  if (state === 'failed' || state === 'unreachable') return 'see its error';
  return `${short(previous)} and ${short(image)}`;
}

/** `hello@sha256:0123456789ab`: the name and the beginning of the digest. */
export function short(image: string): string {
  const [name = '', digest] = image.split('@');
  const last = name.slice(name.lastIndexOf('/') + 1);
  return digest === undefined ? last : `${last}@${digest.slice(0, 19)}`;
}

/** The output `clusters`. */
export function clustersOutput(done: readonly Done[]): string {
  const rows = done.map(({ site, outcome: { state, image, previous, changed, error } }) => [
    site.name || site.cluster.contextName,
    { place: placeOf(site), wave: site.wave, state, image, previous, changed, ...(error && { error: error.code }) },
  ]);
  return JSON.stringify(Object.fromEntries(rows));
}
