import type { ReleaseRecord } from '../record/schema.ts';
import type { Entry } from '../records/entry.ts';

/**
 * A release is kept as it was built; what was done with it are entries. Both together are what a report shows: every
 * deployment once, oldest first, and the newest verdict.
 *
 * @param entries in any order; those of other releases are left out
 */
export function withDeeds(record: ReleaseRecord, entries: readonly Entry[]): ReleaseRecord {
  const own = entries.filter(one => one.name === record.name && one.version === record.version);
  const all = [...record.deployments, ...own.flatMap(({ deployments }) => deployments)];
  const once = new Map(all.map(one => [JSON.stringify([one.kind, one.place, one.service, one.started]), one]));
  const verdicts = own
    .flatMap(one => (one.kind === 'verdict' ? [one.verification] : []))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const verification = verdicts[0] ?? record.verification;
  return {
    ...record,
    deployments: [...once.values()].sort((a, b) => Date.parse(a.started) - Date.parse(b.started)),
    ...(verification === undefined ? {} : { verification }),
  };
}
