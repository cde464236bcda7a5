import { relative, resolve } from 'node:path';
import { writeAtomic } from '../core/files.ts';
import { type LoadedRecord, outputFolder, saveRecord } from '../core/record/files.ts';
import type { Verification } from '../core/record/schema.ts';
import { charted } from './charts.ts';
import type { Finding, Verdict } from './finding.ts';
import { junit } from './junit.ts';

/** Writes the verification into the record; what the record already holds stays. */
export async function closeRecord(
  loaded: LoadedRecord,
  findings: readonly Finding[],
  verdict: Verdict,
  at: Date,
): Promise<void> {
  const drawn = new Set(charted(findings));
  const verification: Verification = {
    ...verdict,
    reasons: [...verdict.reasons],
    checks: findings.map(one => {
      const { failure: _, journal: __, series, started, ended, ...finding } = one;
      return {
        ...finding,
        ...(series !== undefined && drawn.has(one) ? { series: series.map(bucket => ({ ...bucket })) } : {}),
        started: new Date(started).toISOString(),
        ended: new Date(ended).toISOString(),
      };
    }),
    at: at.toISOString(),
  };
  await saveRecord({ ...loaded, record: { ...loaded.record, verification } });
}

/** Writes the whole of what was seen as JSON beside the record; returns its path. */
export async function writeReport(
  directory: string,
  loaded: LoadedRecord | undefined,
  findings: readonly Finding[],
  verdict: Verdict,
  at: Date,
  stem: string,
): Promise<string> {
  const file = resolve(directory, outputFolder, `${stem}.json`);
  const { name, version, commit } = loaded?.record ?? {};
  const report = {
    schema: 'slipway.verification/v1',
    ...(loaded === undefined
      ? {}
      : { release: { name, version, commit, record: relative(resolve(file, '..'), loaded.file) } }),
    ...verdict,
    findings,
    at: at.toISOString(),
  };
  await writeAtomic(file, `${JSON.stringify(report, undefined, 2)}\n`);
  return file;
}

export async function writeJunit(path: string, findings: readonly Finding[], release: string, at: Date): Promise<void> {
  await writeAtomic(path, junit(findings, release, at));
}
