import type { Requirement } from '../core/attestation/signer.ts';
import { deadline } from '../core/deadline.ts';
import { messageOf } from '../core/errors.ts';
import { type CheckResult, gate, type Reach } from '../core/health/index.ts';
import { log } from '../core/log.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { chainFindings, lastDeployments } from './chain.ts';
import { checkFinding } from './check-finding.ts';
import type { Finding } from './finding.ts';
import { prove } from './identity/prove.ts';
import { type Subject, unseen } from './identity/subject.ts';
import { withJournals } from './journals.ts';
import { lookAtObjective } from './objectives/look.ts';
import type { Plan, VerifyInputs } from './plan.ts';
import { Progress } from './progress.ts';
import { oneLine, redactor, secretsOf } from './redact.ts';

/** Everything that is looked at, at the same time and within one deadline: the record, the endpoints, what runs. */
export async function lookAtAll(
  planned: Plan,
  subjects: readonly Subject[],
  reach: Reach,
  record: ReleaseRecord | undefined,
  inputs: VerifyInputs,
  requirement: Requirement | undefined,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { checks, asked, objectives, items } = planned;
  const redact = redactor(secretsOf(checks));
  const limit = inputs.mode === 'watch' ? inputs['watch-for'] : inputs.deadline;
  using progress = new Progress(checks, subjects, limit, line => log.info(oneLine(redact(line))));
  const [began, hold] = [performance.now(), inputs.hold];
  const gated =
    checks.length === 0
      ? undefined
      : gate(checks, { ...gateOptions(inputs), signal, reach, onAttempt: attempt => progress.attempt(attempt) });
  const proofs = subjects.map(subject =>
    prove(subject, { deadline: inputs.deadline, hold, signal, onLook: (one, seen) => progress.look(one, seen) }),
  );
  const attesting = requirement === undefined ? [] : lookAtAttestations(items, requirement, reach, inputs, signal);
  const [checked, attested, ...proven] = await Promise.all([gated, attesting, ...proofs]);
  const found: readonly CheckResult[] = checked?.checks ?? [];
  // A watch takes its own time first; what comes after it has the deadline.
  const left = inputs.deadline - (inputs.mode === 'watch' ? 0 : performance.now() - began);
  const release = releaseTimes(record);
  const [looked, met] = await Promise.all([
    found.every(one => one.verdict === 'passed') ? lookAgain(subjects, proven, left, signal) : proven,
    Promise.all(objectives.map(one => lookAtObjective(one, release, Math.max(0, left), signal))),
  ]);
  const onPaper =
    record === undefined || inputs.mode === 'wait' || !asked.deployed ? [] : chainFindings(record, Date.now());
  const findings = [
    ...found.map(result => checkFinding(result, redact)),
    ...looked,
    ...met.flat(),
    ...attested,
    ...onPaper,
  ];
  return (await withJournals(findings, subjects, signal)).map(one => ({
    ...one,
    detail: oneLine(redact(one.detail)),
    ...(one.journal === undefined ? {} : { journal: one.journal.map(line => oneLine(redact(line))) }),
  }));
}

async function lookAtAttestations(
  items: Plan['items'],
  requirement: Requirement,
  reach: Reach,
  { deadline: limit, 'insecure-registries': insecure }: VerifyInputs,
  signal: AbortSignal,
): Promise<Finding[]> {
  using limited = deadline(limit, 'looking for attestations', signal);
  const { attestationFindings } = await import('./attested.ts');
  return await attestationFindings(items, requirement, () => reach.registry(insecure), limited);
}

function gateOptions(inputs: VerifyInputs) {
  const { mode, period, availability } = inputs;
  const watched = mode === 'watch';
  return {
    deadline: watched ? inputs['watch-for'] : inputs.deadline,
    hold: watched ? 0 : inputs.hold,
    successes: inputs.successes,
    attemptTimeout: inputs['attempt-timeout'],
    forbidPrivate: inputs['forbid-private'],
    patient: mode === 'wait',
    ...(period === undefined ? {} : { period }),
    ...(watched ? { availability } : {}),
  };
}

/** When the record's deployments were made; undefined without one. */
export function releaseTimes(record: ReleaseRecord | undefined): { began: number; ended: number } | undefined {
  const deployments = lastDeployments(record);
  if (deployments.length === 0) return undefined;
  return {
    began: Math.min(...deployments.map(one => Date.parse(one.started))),
    ended: Math.max(...deployments.map(one => Date.parse(one.ended ?? one.started))),
  };
}

/**
 * What was proven early must still run when the last check has passed: a service that answers and then dies is not
 * verified. Where a check has failed there is nothing to add, and mostly no time left: a look cut short would make what
 * was proven look unknown.
 */
function lookAgain(
  subjects: readonly Subject[],
  proven: readonly Finding[],
  left: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  return Promise.all(
    proven.map(async (finding, index) => {
      if (finding.verdict !== 'passed' || left <= 0 || Math.abs(Date.now() - finding.ended) < 500) return finding;
      using limited = deadline(left, `looking again at ${finding.name}`, signal);
      const look = await subjects[index]!.look(limited).catch((error: unknown) => {
        if (signal.aborted || !limited.aborted) throw error;
        return unseen('unreachable', messageOf(error), false);
      });
      const ended = Date.now();
      if (look.state === 'as-built' && look.anchor === finding.evidence?.['anchor']) return { ...finding, ended };
      const verdict = look.state === 'unseen' ? ('inconclusive' as const) : ('failed' as const);
      const detail = `it was as built, but at the end: ${look.detail}`;
      return { ...finding, verdict, reason: look.reason ?? 'restarting', detail, ended };
    }),
  );
}
