import { log } from '../core/log.ts';
import { blindAt } from './blind.ts';
import type { Identity } from './identity.ts';
import { Interruption } from './interruption.ts';
import { attemptTimeout } from './prober.ts';
import { RolloutError } from './rollout-error.ts';
import type { Session } from './session.ts';
import { copiedAt, reached } from './traffic.ts';
import { watchStep } from './watch-step.ts';

export type CanaryEnd =
  | { readonly end: 'promoted'; readonly identity: Identity }
  /** At its weight, to be resumed. */
  | { readonly end: 'inconclusive' | 'paused' | 'progressing'; readonly why: string };

/** How a step ended; what else ends it is thrown. */
type StepEnd = 'passed' | 'promote' | 'inconclusive' | 'hold' | Interruption;

/** How a rollout goes from weight to weight. */
export interface Way {
  /** Whether the step at 100 has a baseline, too. */
  readonly full: boolean;
  /** One weight, up to the end of its time. */
  readonly step: (session: Session, index: number) => Promise<void>;
}

/** All steps that have a baseline, and the one at 100 where the router can do that while the old pods are there. */
export async function walk(session: Session, way: Way): Promise<CanaryEnd | undefined> {
  const last = session.options.steps.length - 1;
  const { step: from, byHand } = session.state.progress;
  for (let index = byHand === undefined ? from : last; index <= (way.full ? last : last - 1); index++) {
    const ended = await oneStep(session, way, index, last - 1);
    if (ended === 'hold')
      return {
        end: 'inconclusive',
        why: blindAt(session, session.journal.rows.at(-1)!) ?? session.analysis.evidence.reason,
      };
    if (!(ended instanceof Interruption)) continue;
    if (ended.kind !== 'promote') return { end: ended.kind, why: ended.by };
    await session.promoteByHand(ended.by);
    index = Math.max(index, last - 1);
  }
  return undefined;
}

async function oneStep(session: Session, { step }: Way, index: number, deciding: number): Promise<StepEnd> {
  try {
    await step(session, index);
    // what is judged by copies is judged before the first user
    const decides = index === deciding || copiedAt(session, session.options.steps[index]!) > 0;
    return index <= deciding ? await decide(session, decides) : 'passed';
  } catch (error) {
    if (error instanceof Interruption) return error;
    throw error;
  }
}

/** At the last weight below 100 there still is a baseline: here it is decided, and by copies of requests. Elsewhere, only that nobody goes on blindly. */
async function decide(session: Session, decides: boolean): Promise<StepEnd> {
  const { analysis, options, journal } = session;
  const row = journal.rows.at(-1)!;
  if (!compares(session)) return alone(session, decides);
  const otherwise = options['on-inconclusive'];
  for (;;) {
    const { decision, canary, needed } = analysis.evidence;
    const blind = blindAt(session, row);
    if (blind === undefined && (!decides || decision === 'promote')) return 'promote';
    const reason = blind ?? analysis.evidence.reason;
    if (otherwise === 'extend') {
      log.info(`The evidence does not suffice yet, going on at ${row.weight} %: ${reason}`);
      const more = Math.min(options['step-duration'], 15_000);
      // in which a slow answer has the time to come
      await watchStep(session, row, blind === undefined ? more : Math.max(more, 2 * attemptTimeout), { canary: true });
      continue;
    }
    row.verdict = 'inconclusive';
    const enough =
      blind === undefined ? `; ${needed} more requests to the new release without an error would have sufficed` : '';
    journal.note(`Inconclusive: ${reason}${enough}; on-inconclusive: ${otherwise}.`);
    if (otherwise === 'hold') return 'hold';
    if (otherwise === 'promote' && canary.requests > 0) {
      const how = reached(row) && row.weight === 0 ? 'went on from copied requests' : 'promoted';
      await session.save({ reason: `${how} although inconclusive` });
      return 'inconclusive';
    }
    const why = canary.requests === 0 ? 'no request to the new release was seen at all' : reason;
    throw new RolloutError('INCONCLUSIVE', `the evidence does not suffice to promote: ${why}`, {
      inconclusive: true,
      hint: 'Watch longer (step-duration), ask more (probe-rate), or tolerate more (tolerance, beta).',
    });
  }
}

/** Whether anything is asked of the pods of both releases: a StatefulSet that speaks no HTTP has its pods' state alone. */
function compares({ options, plan, state }: Session): boolean {
  const asked = plan.port !== undefined && options.probes.some(({ kind }) => kind === 'http');
  return state.kind === undefined || asked || plan.metrics.length > 0;
}

function alone({ journal }: Session, last: boolean): StepEnd {
  journal.rows.at(-1)!.verdict = 'passed by its pods alone';
  if (last)
    journal.note(
      'Nothing was compared: neither probes by HTTP nor metrics ask each pod. The new pods were judged by readiness and restarts, and by what probes through their Service said.',
    );
  return 'promote';
}
