import { resolve } from 'node:path';
import type { Context } from '../core/action.ts';
import { readRequirement } from '../core/attestation/signer.ts';
import { log } from '../core/log.ts';
import type { LoadedRecord } from '../core/record/files.ts';
import { writeAttestation } from './attestation.ts';
import { closeRecord, writeJunit, writeReport } from './close.ts';
import { unverified } from './failure.ts';
import type { Verdict } from './finding.ts';
import { podReportSubjects, subjectsOf } from './identity/subjects.ts';
import type { definition } from './inputs.ts';
import { lookAtAll } from './look.ts';
import { ownRecord } from './own-record.ts';
import { plan } from './plan.ts';
import { Places } from './reach.ts';
import { failureLines, summaryOf } from './summary.ts';
import { conclude, stepFails } from './verdict.ts';

/** Looks at the endpoints and at what runs, says what that proves, and closes the record with it. */
export async function run(context: Context<typeof definition.inputs>): Promise<void> {
  const { inputs, directory, signal } = context;
  // What the endpoints must say has to be known before they are asked; else git can wait until they have answered.
  const early = context.record ?? (inputs.reported.length > 0 ? await ownRecord(directory, signal) : undefined);
  const planned = plan(inputs, early?.record);
  const requirement = await readRequirement(inputs, directory);
  const keys = {
    ssh: inputs,
    become: inputs.become,
    kubeconfig: inputs.kubeconfig,
    context: inputs.context,
    insecure: inputs['insecure-registries'],
  };
  const subjects = [
    ...(planned.deployments.length === 0 ? [] : await subjectsOf(planned.deployments, early!.record, keys)),
    ...(await podReportSubjects(planned.podReports, keys)),
  ];
  await using places = new Places(keys, signal);
  const findings = await lookAtAll(planned, subjects, places, early?.record, inputs, requirement, signal).finally(() =>
    Promise.allSettled(subjects.map(subject => subject.close())),
  );
  const closes = inputs.mode === 'verify' || inputs.mode === 'watch';
  const loaded = early ?? (closes ? await ownRecord(directory, signal) : undefined);
  const [verdict, at] = [conclude(findings, planned.asked), new Date()];
  const release = loaded === undefined ? 'endpoints' : `${loaded.record.name} ${loaded.record.version}`;

  context.output('verdict', verdict.verdict);
  const report = await writeReport(
    directory,
    loaded,
    findings,
    verdict,
    at,
    inputs.mode === 'audit' ? 'audit' : 'verification',
  );
  context.output('report', report);
  if (inputs.junit !== undefined) await writeJunit(resolve(directory, inputs.junit), findings, release, at);
  if (loaded !== undefined) {
    if (closes) await closeRecord(loaded, findings, verdict, at);
    context.output('release', loaded.file);
    if (inputs.mode !== 'wait')
      context.output('attestation', (await attest(context, loaded, report, verdict, at)) ?? '');
  }
  await context.summary(summaryOf(findings, verdict, release));

  for (const { name, journal } of findings)
    if (journal !== undefined)
      await tell(
        `${name} wrote last`,
        journal.map(line => `| ${line}`),
      );
  for (const { name, failure } of findings.filter(one => one.verdict !== 'passed')) {
    if (failure === undefined) continue;
    const body = failure.bodyHead
      ? [
          'body begins:',
          ...failure.bodyHead
            .split(/\r?\n/)
            .slice(0, 20)
            .map(line => `| ${line}`),
        ]
      : [];
    await tell(`last failed attempt of ${name}`, [failure.detail, ...failureLines(failure), ...body]);
  }
  log.info(`${release}: ${verdict.verdict}, identity ${verdict.identity}, ${findings.length} findings`);
  if (stepFails(verdict, planned.asked)) throw unverified(release, verdict, findings);
}

type Run = Context<typeof definition.inputs>;

function attest({ inputs, directory }: Run, loaded: LoadedRecord, report: string, verdict: Verdict, at: Date) {
  const { 'signing-key': key, 'signing-password': password } = inputs;
  return writeAttestation(directory, loaded, report, verdict, at, key === undefined ? undefined : { key, password });
}

function tell(title: string, lines: readonly string[]): Promise<void> {
  return log.group(title, async () => {
    for (const line of lines) log.info(line);
  });
}
