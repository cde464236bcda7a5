import { type Check, fail, judge, pass, type Seen, unknown } from '../check.ts';
import type { Repository } from './facts.ts';

/** A rehearsal that is older says little of the present releases. */
const rehearsedWithin = 90;

export const peopleChecks: readonly Check<Repository>[] = [
  {
    id: 'told',
    title: 'Somebody is told how a run ended.',
    reason: 'A release that was taken back at night is found in the morning, by users.',
    fix: 'Write `notify: [{ slack: { env: SLACK_URL }, on: [failed, rolled-back] }]`, or mail, or a webhook.',
    level: 'should',
    look: ({ file }) => [judge(file.at(['notify']), file.notify === undefined ? ['no notify'] : [])],
  },
  {
    id: 'alerts',
    title: 'There are alert rules.',
    reason: 'What breaks between two releases is seen by nobody.',
    fix: 'Write them with `slipway observe`, or keep Prometheus’ rules beside the program (`groups:` with `alert:`, or a PrometheusRule).',
    level: 'should',
    look: ({ texts }) => {
      const found = [...texts].find(
        ([path, text]) => /\.ya?ml$/.test(path) && /^ *groups:/m.test(text) && /^[ -]*alert: *\S/m.test(text),
      );
      return [found === undefined ? fail('*.yml', 'no file has alert rules') : pass(found[0])];
    },
  },
  {
    id: 'rollback-rehearsed',
    title: `A rollback was done in the last ${rehearsedWithin} days.`,
    reason: 'A way back that nobody has gone is found closed on the day that it is needed.',
    fix: 'Run `slipway rollback -e staging`, and deploy again.',
    level: 'should',
    look: rehearsed,
  },
];

function rehearsed({ file, deeds, now }: Repository): Seen[] {
  const where = file.at(['records']);
  if (typeof deeds === 'string') return [unknown(where, deeds)];
  const last = deeds.find(
    one =>
      one.kind === 'deployment' && (one.mode === 'rollback' || one.state === 'rolled-back') && one.state !== 'failed',
  );
  if (last === undefined) return [fail(where, 'the records have none')];
  const days = Math.floor((now - Date.parse(last.at)) / 86_400_000);
  return [
    judge(
      where,
      days > rehearsedWithin ? [`the last one was ${days} days ago`] : [],
      `${last.at}, ${last.environment || 'no environment'}`,
    ),
  ];
}
