import { randomBytes } from 'node:crypto';
import type { ConfigFile } from '../core/config-file.ts';
import { log } from '../core/log.ts';
import type { Deployment, ReleaseRecord } from '../core/record/schema.ts';
import { type Entry, entrySchema } from '../core/records/entry.ts';
import type { Records } from '../core/records/records.ts';
import { latest } from '../core/report/verdict.ts';
import { whoRuns } from '../core/who-runs.ts';
import type { Request } from './request.ts';

/** What a run did in a place. */
export interface Deed {
  readonly request: Request;
  readonly file: ConfigFile;
  readonly record: ReleaseRecord;
  readonly started: Date;
  readonly env: NodeJS.ProcessEnv;
}

/** Modes that only look. */
const looking: readonly Request['mode'][] = ['plan', 'status', 'audit'];

/** Modes for a rollout that is under way: where there is none, nothing was done, and nothing is known of the release. */
const steering: readonly Request['mode'][] = ['resume', 'pause', 'abort'];

/** Writes down the deployments of this run, and its verdict: an entry each. */
export async function keepDeed(records: Records, deed: Deed): Promise<void> {
  if (looking.includes(deed.request.mode)) return;
  const entries = [...deploymentEntry(deed), ...verdictEntry(deed)];
  for (const entry of entries) await records.append(entry);
  if (entries.length > 0) log.info(`written down in ${records.place}`);
}

function deploymentEntry(deed: Deed): Entry[] {
  const deployments = latest(deed.record).filter(
    ({ started, state }) =>
      isOfThisRun(started, deed) && !(state === 'unchanged' && steering.includes(deed.request.mode)),
  );
  if (deployments.length === 0) return [];
  return [{ ...common(deed), kind: 'deployment', state: worst(deployments), deployments }];
}

function verdictEntry(deed: Deed): Entry[] {
  const { verification } = deed.record;
  if (verification === undefined || !isOfThisRun(verification.at, deed)) return [];
  return [
    { ...common(deed), kind: 'verdict', state: verification.verdict, verification, deployments: latest(deed.record) },
  ];
}

const isOfThisRun = (time: string, { started }: Deed) => Date.parse(time) >= started.getTime();

function common(deed: Deed) {
  const { request, file, record, started, env } = deed;
  const overrides = (record.overrides ?? []).filter(one => isOfThisRun(one.at, deed));
  const at = new Date().toISOString();
  return {
    schema: entrySchema,
    id: `${at.replaceAll(/[:.]/g, '')}-${randomBytes(6).toString('hex')}`,
    at,
    by: whoRuns(env),
    name: record.name,
    version: record.version,
    ...(record.commit === undefined ? {} : { commit: record.commit }),
    ...(record.commitTime === undefined ? {} : { commitTime: record.commitTime }),
    environment: file.environment ?? '',
    mode: request.mode,
    started: started.toISOString(),
    ended: at,
    ...(overrides.length === 0 ? {} : { overrides }),
  } as const;
}

/** From the worst to the best. */
const order: readonly Deployment['state'][] = [
  'failed',
  'unreachable',
  'rolled-back',
  'inconclusive',
  'not-begun',
  'paused',
  'progressing',
  'removed',
  'healthy',
  'unchanged',
];

/** One word for several deployments: that of the worst. */
export function worst(deployments: readonly Pick<Deployment, 'state'>[]): Deployment['state'] {
  return order.find(state => deployments.some(one => one.state === state)) ?? 'unchanged';
}
