import type { Context } from '../core/action.ts';
import type { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { type LoadedRecord, saveRecord } from '../core/record/files.ts';
import { formatHost } from '../core/ssh/hosts.ts';
import { deploymentOf } from './deployment.ts';
import { failureOf } from './fleet.ts';
import type { Hooks } from './hooks.ts';
import { settingsOf } from './host-settings.ts';
import { aboutEach } from './hosts.ts';
import type { definition } from './inputs.ts';
import { type Outcome, worst } from './outcome.ts';
import type { Settings } from './settings.ts';
import { deploySummary } from './summary.ts';

type Here = Context<typeof definition.inputs>;

/** Record, outputs, summary and log, however it went. */
export async function report(
  outcomes: readonly Outcome[],
  last: SlipwayError | undefined,
  { file, record }: LoadedRecord,
  settings: Settings,
  context: Here,
  hooks?: Hooks,
  own?: ReadonlyMap<string, string>,
): Promise<void> {
  const { service, by } = settings;
  const ofPlace = new Map(settings.hosts.map(host => [formatHost(host), settingsOf(host, settings)]));
  const deployments = outcomes.map((outcome, index) => {
    const ran = hooks?.runs.filter(({ place }) => place === outcome.place || (index === 0 && place === 'the runner'));
    return deploymentOf(outcome, service, by, ran);
  });
  await saveRecord({ file, record: { ...record, deployments: [...record.deployments, ...deployments] } });
  context.output('release', file);
  setOutputs(
    context,
    worst(outcomes),
    outcomes,
    outcomes.some(one => one.changed),
  );
  const about = aboutEach(settings.hosts);
  await context.summary(deploySummary(outcomes, service, place => ofPlace.get(place)!.directory, own, about));
  for (const { place, journal } of outcomes)
    if (journal)
      await log.group(`${place}: the last lines of the journal of ${service}`, async () => log.info(journal));
  const failure = failureOf(outcomes, context.signal) ?? last;
  if (failure !== undefined) throw failure;
}

export function setOutputs(
  { output }: Here,
  state: string,
  hosts: readonly { place: string; previous: string }[],
  changed: boolean,
): void {
  const ids = new Set(hosts.map(one => one.previous));
  output('state', state);
  output('previous', ids.size === 1 ? [...ids][0]! : hosts.map(one => `${one.place} ${one.previous}`).join('\n'));
  output('changed', String(changed));
}
