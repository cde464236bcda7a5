import { SlipwayError } from '../errors.ts';

const toItsEnd = 'it runs to its end and serves nobody';

/** What makes pods, too, but is not rolled out here: where it is in the API, why not, and what to do instead. */
export const otherWorkloads: Readonly<
  Record<string, { readonly api: string; readonly short?: string; readonly why: string; readonly instead: string }>
> = {
  ReplicaSet: {
    api: 'apps/v1',
    short: 'rs',
    why: 'it does not replace its pods when its template changes',
    instead: 'Name the Deployment that owns it.',
  },
  Job: {
    api: 'batch/v1',
    why: toItsEnd,
    instead: 'Run it in a step of its own, or before a workload’s first step by the input "before".',
  },
  CronJob: { api: 'batch/v1', short: 'cj', why: toItsEnd, instead: 'Apply it in a step of its own.' },
};

/** `statefulset`, `sts`, `statefulsets.apps` → `StatefulSet`; undefined for what is none of these. */
export function otherKind(text: string): string | undefined {
  const word = text.toLowerCase().split('.')[0]!;
  return Object.entries(otherWorkloads).find(([kind, { short }]) =>
    [short, kind.toLowerCase(), `${kind.toLowerCase()}s`].includes(word),
  )?.[0];
}

export function notRolledOut(kind: string, name: string): SlipwayError {
  const { why, instead } = otherWorkloads[kind]!;
  return new SlipwayError('WORKLOAD_KIND', `${kind}/${name} is not rolled out: ${why}`, {
    hint: `${instead.replace('NAME', name)} Nothing was changed.`,
  });
}
