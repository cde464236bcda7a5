import { type CheckResult, gate } from '../core/health/index.ts';
import { log } from '../core/log.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { chainFindings } from './chain.ts';
import { checkFinding } from './check-finding.ts';
import type { Finding } from './finding.ts';
import { prove } from './identity/prove.ts';
import type { Subject } from './identity/subject.ts';
import type { Plan, VerifyInputs } from './plan.ts';
import { Progress } from './progress.ts';
import { redactor, secretsOf } from './redact.ts';

/** Everything that is looked at, at the same time and within one deadline: the record, the endpoints, what runs. */
export async function lookAtAll(
  { checks, asked }: Plan,
  subjects: readonly Subject[],
  record: ReleaseRecord | undefined,
  inputs: VerifyInputs,
  signal: AbortSignal,
): Promise<Finding[]> {
  const redact = redactor(secretsOf(checks));
  using progress = new Progress(checks, subjects, inputs.deadline, line => log.info(redact(line)));
  const { deadline, hold } = inputs;
  const gated =
    checks.length === 0
      ? undefined
      : gate(checks, {
          deadline,
          hold,
          signal,
          successes: inputs.successes,
          attemptTimeout: inputs['attempt-timeout'],
          forbidPrivate: inputs['forbid-private'],
          patient: inputs.mode === 'wait',
          ...(inputs.period === undefined ? {} : { period: inputs.period }),
          onAttempt: attempt => progress.attempt(attempt),
        });
  const proofs = subjects.map(subject =>
    prove(subject, { deadline, hold, signal, onLook: (one, seen) => progress.look(one, seen) }),
  );
  const [checked, ...proven] = await Promise.all([gated, ...proofs]);
  const found: readonly CheckResult[] = checked?.checks ?? [];
  const onPaper =
    record === undefined || inputs.mode === 'wait' || !asked.deployed ? [] : chainFindings(record, Date.now());
  const looked = await lookAgain(subjects, proven, signal);
  return [
    ...found.map(result => checkFinding(result, redact)),
    ...looked.map(one => ({ ...one, detail: redact(one.detail) })),
    ...onPaper,
  ];
}

/** What was proven early must still run when the last check has passed: a service that answers and then dies is not verified. */
function lookAgain(subjects: readonly Subject[], proven: readonly Finding[], signal: AbortSignal): Promise<Finding[]> {
  return Promise.all(
    proven.map(async (finding, index) => {
      if (finding.verdict !== 'passed' || Date.now() - finding.ended < 500) return finding;
      const look = await subjects[index]!.look(AbortSignal.any([signal, AbortSignal.timeout(15_000)]));
      const same = look.state === 'as-built' && look.anchor === finding.evidence?.['anchor'];
      if (same) return { ...finding, ended: Date.now() };
      const verdict = look.state === 'unseen' ? ('inconclusive' as const) : ('failed' as const);
      const detail = `it was as built, but at the end: ${look.detail}`;
      return { ...finding, verdict, reason: look.reason ?? 'restarting', detail, ended: Date.now() };
    }),
  );
}
