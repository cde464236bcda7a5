import type { Deployment } from '../core/record/schema.ts';
import { spansEvidence } from '../core/record/spans.ts';
import type { HookRun } from './hooks.ts';
import type { Outcome } from './outcome.ts';

/** The entry of the release record for one host. */
export function deploymentOf(
  outcome: Outcome,
  service: string,
  by: string,
  hooks: readonly HookRun[] = [],
): Deployment {
  return {
    kind: 'ssh-systemd',
    place: outcome.place,
    service,
    ...(outcome.binary === undefined ? {} : { binary: outcome.binary }),
    ...(outcome.image === undefined ? {} : { image: outcome.image }),
    release: outcome.release,
    previous: outcome.previous,
    state: outcome.state,
    by,
    started: new Date(outcome.started).toISOString(),
    ended: new Date(outcome.ended).toISOString(),
    evidence: {
      ...outcome.evidence,
      ...spansEvidence(outcome.spans),
      ...(hooks.length === 0 ? {} : { hooks }),
      ...(outcome.serving === undefined ? {} : { serving: outcome.serving }),
      ...(outcome.error === undefined ? {} : { error: outcome.error.code }),
    },
  };
}
