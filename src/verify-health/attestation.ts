import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { keyBundle } from '../core/attestation/bundle.ts';
import { readSigningKey } from '../core/attestation/key.ts';
import { statementOn } from '../core/attestation/statement.ts';
import { builderOf } from '../core/builder.ts';
import { writeAtomic } from '../core/files.ts';
import { type LoadedRecord, outputFolder } from '../core/record/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { lastDeployments } from './chain.ts';
import type { Verdict } from './finding.ts';

/** What signs; undefined: the statement is written as it is. */
export interface Signing {
  readonly key: string;
  readonly password: string | undefined;
}

/** `sha256:…` of what was deployed, else of what was built: what the summary is about. */
export function subjectsOfRecord(record: ReleaseRecord): string[] {
  const deployed = lastDeployments(record).flatMap(({ binary, image }) => [
    ...(binary === undefined ? [] : [`sha256:${binary}`]),
    ...(image === undefined ? [] : [image.split('@')[1] ?? '']),
  ]);
  const built = [...record.binaries.map(one => `sha256:${one.sha256}`), ...record.images.map(one => one.digest)];
  return [...new Set(deployed.length > 0 ? deployed : built)].filter(Boolean);
}

/** The predicate of a Verification Summary Attestation. Pure. https://slsa.dev/spec/v1.0/verification_summary */
export function verificationSummary(
  record: ReleaseRecord,
  verdict: Verdict,
  at: Date,
  files: { readonly record: string; readonly report: string },
  env: NodeJS.ProcessEnv,
): object {
  const { id, invocation } = builderOf(env);
  const digestOf = (text: string) => ({ sha256: createHash('sha256').update(text).digest('hex') });
  // The specification knows two results. What could not be shown has not passed.
  const passed = verdict.verdict === 'verified';
  return {
    verifier: { id, version: { slipway: record.schema } },
    timeVerified: at.toISOString(),
    resourceUri: `pkg:generic/${encodeURIComponent(record.name)}@${encodeURIComponent(record.version)}`,
    policy: { uri: invocation ?? 'urn:slipway:verify-health', digest: digestOf(files.report) },
    inputAttestations: [{ uri: 'release.json', digest: digestOf(files.record) }],
    verificationResult: passed ? 'PASSED' : 'FAILED',
    verifiedLevels: passed ? [`SLIPWAY_IDENTITY_${verdict.identity.toUpperCase()}`] : [],
    slipway: { verdict: verdict.verdict, identity: verdict.identity, reasons: verdict.reasons },
  };
}

/** Writes the statement, or the bundle of statement and signature, beside the record. Undefined: it is about nothing. */
export async function writeAttestation(
  directory: string,
  { record, file }: LoadedRecord,
  report: string,
  verdict: Verdict,
  at: Date,
  signing: Signing | undefined,
): Promise<string | undefined> {
  const subjects = subjectsOfRecord(record);
  if (subjects.length === 0) return undefined;
  const files = { record: await readFile(file, 'utf8'), report: await readFile(report, 'utf8') };
  const predicate = verificationSummary(record, verdict, at, files, process.env);
  const statement = statementOn(subjects, 'verification', predicate);
  const stem = basename(report, '.json');
  if (signing === undefined) {
    const path = join(directory, outputFolder, `${stem}.intoto.json`);
    await writeAtomic(path, `${statement}\n`);
    return path;
  }
  const { sign, hint } = readSigningKey(signing.key, signing.password);
  const path = join(directory, outputFolder, `${stem}.sigstore.json`);
  await writeAtomic(path, `${keyBundle(statement, sign(statement), hint)}\n`);
  return path;
}
