import { deadline } from '../core/deadline.ts';
import { messageOf } from '../core/errors.ts';
import { type CheckResult, gate, type Reach } from '../core/health/index.ts';
import { log } from '../core/log.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { chainFindings } from './chain.ts';
import { checkFinding } from './check-finding.ts';
import type { Finding } from './finding.ts';
import { prove } from './identity/prove.ts';
import { type Subject, unseen } from './identity/subject.ts';
import type { Plan, VerifyInputs } from './plan.ts';
import { Progress } from './progress.ts';
import { oneLine, redactor, secretsOf } from './redact.ts';

/** Everything that is looked at, at the same time and within one deadline: the record, the endpoints, what runs. */
export async function lookAtAll(
  { checks, asked }: Plan,
  subjects: readonly Subject[],
  reach: Reach,
  record: ReleaseRecord | undefined,
  inputs: VerifyInputs,
  signal: AbortSignal,
): Promise<Finding[]> {
  const redact = redactor(secretsOf(checks));
  using progress = new Progress(checks, subjects, inputs.deadline, line => log.info(oneLine(redact(line))));
  const [began, hold] = [performance.now(), inputs.hold];
  const gated =
    checks.length === 0
      ? undefined
      : gate(checks, {
          deadline: inputs.deadline,
          hold,
          signal,
          reach,
          successes: inputs.successes,
          attemptTimeout: inputs['attempt-timeout'],
          forbidPrivate: inputs['forbid-private'],
          patient: inputs.mode === 'wait',
          ...(inputs.period === undefined ? {} : { period: inputs.period }),
          onAttempt: attempt => progress.attempt(attempt),
        });
  const proofs = subjects.map(subject =>
    prove(subject, { deadline: inputs.deadline, hold, signal, onLook: (one, seen) => progress.look(one, seen) }),
  );
  const [checked, ...proven] = await Promise.all([gated, ...proofs]);
  const found: readonly CheckResult[] = checked?.checks ?? [];
  const onPaper =
    record === undefined || inputs.mode === 'wait' || !asked.deployed ? [] : chainFindings(record, Date.now());
  const left = inputs.deadline - (performance.now() - began);
  const looked = found.every(one => one.verdict === 'passed')
    ? await lookAgain(subjects, proven, left, signal)
    : proven;
  return [
    ...found.map(result => checkFinding(result, redact)),
    ...looked.map(one => ({ ...one, detail: oneLine(redact(one.detail)) })),
    ...onPaper,
  ];
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
      if (finding.verdict !== 'passed' || left <= 0 || Date.now() - finding.ended < 500) return finding;
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
