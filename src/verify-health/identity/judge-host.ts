import type { UnitFile } from '../../core/host-agent/unit-files.ts';
import type { Binary, Deployment } from '../../core/record/schema.ts';
import { short } from '../chain.ts';
import { judgeImage } from './judge-image.ts';
import { judgeJob } from './judge-job.ts';
import { otherBinary } from './other-binary.ts';
import type { Look } from './subject.ts';
import { driftSince } from './unit-drift.ts';

/**
 * What the answer of a host means. Pure.
 *
 * @param files what systemd has loaded the service from
 * @param known the record's binaries, to name what runs instead
 */
export function judgeHost(
  answer: Readonly<Record<string, string>>,
  files: readonly UnitFile[],
  deployment: Deployment,
  known: readonly Binary[],
): Look {
  const { ActiveState = '', SubState = '', LoadState = '', MainPID = '0', NRestarts = '0', Sha256, Exe } = answer;
  const evidence = {
    activeState: ActiveState,
    subState: SubState,
    mainPid: Number(MainPID),
    restarts: Number(NRestarts),
    ...(Sha256 === undefined ? {} : { sha256: Sha256, exe: Exe }),
    unitFiles: files,
  };
  const anchor = `${MainPID} ${answer['Start'] ?? ''} ${NRestarts}`;
  const base = { anchor, restarts: Number(NRestarts), evidence };
  const unit = deployment.service;
  if (answer['Denied'] === 'yes') {
    const detail = `${answer['Error']}: another user's process can be read by root only (input "become")`;
    return { ...base, state: 'unseen', final: true, reason: 'no-access', detail };
  }
  if (LoadState === 'not-found') {
    return { ...base, state: 'other', final: true, reason: 'unit-missing', detail: `there is no unit ${unit}` };
  }
  if (deployment.evidence['timer'] !== undefined) return judgeJob(answer, files, deployment, known);
  if (ActiveState !== 'active') {
    const why = ActiveState === 'failed' ? ` (${answer['Result']}, exit status ${answer['ExecMainStatus']})` : '';
    const detail = `the unit is ${ActiveState || 'unknown'}/${SubState}${why}, restarted ${NRestarts} times`;
    return { ...base, state: 'other', final: ActiveState === 'failed', reason: 'unit-inactive', detail };
  }
  if (Sha256 === undefined) {
    const detail = answer['Error'] ?? 'the unit is active but has no main process';
    return { ...base, state: 'unseen', final: false, reason: 'no-process', detail };
  }
  const image = deployment.image === undefined ? undefined : judgeImage(answer['Images'] ?? '', deployment.image);
  if (image?.asBuilt === false) {
    return { ...base, state: 'other', final: true, reason: 'other-image', detail: `PID ${MainPID} runs ${image.runs}` };
  }
  if (image?.asBuilt === true || Sha256 === deployment.binary) {
    const detail = `PID ${MainPID} runs ${image?.runs ?? short(Sha256)}, as built`;
    const drift = driftSince(deployment, files, answer);
    if (drift === undefined) return { ...base, state: 'as-built', final: true, detail };
    const since = `${detail}, but its unit is not as it was deployed: ${drift}`;
    return { ...base, state: 'other', final: true, reason: 'unit-changed', detail: since };
  }
  const { reason, what } = otherBinary(Sha256, Exe, deployment, known);
  const detail = `PID ${MainPID} runs ${short(Sha256)}, ${what}`;
  return { ...base, state: 'other', final: true, reason, detail };
}
