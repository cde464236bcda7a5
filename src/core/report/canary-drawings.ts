import type { Deployment } from '../record/schema.ts';
import { show } from '../statistics/index.ts';
import { formatDuration } from '../units.ts';
import { type Drawing, roundTop } from './drawing.ts';
import { type Canary, canaryOf } from './evidence.ts';

/** A canary rollout in three drawings: weight, evidence with its limits, and error rates of new and old. */
export function canaryDrawings(deployment: Deployment): Drawing[] {
  const canary = canaryOf(deployment);
  if (canary === undefined) return [];
  const course = courseOf(canary);
  return [weightDrawing(course), evidenceDrawing(course, canary.limits), errorDrawing(canary)];
}

/** A moment of the rollout; a record without a trend has its steps only. */
interface Moment {
  readonly at: number;
  readonly label: string;
  readonly weight: number;
  readonly harm: number;
  readonly good: number;
}

function courseOf({ trend, steps }: Canary): Moment[] {
  if (trend.length < 2) return steps.map((step, at) => ({ ...step, at, label: `${step.weight} %` }));
  const began = trend[0]!.at;
  return trend.map(point => ({ ...point, label: formatDuration(1000 * Math.round((point.at - began) / 1000)) }));
}

function weightDrawing(course: readonly Moment[]): Drawing {
  const weights = course.map(({ weight }) => weight);
  return {
    title: 'Weight of the new release',
    says: `It got ${Math.max(...weights)} % of the traffic at the most, ${weights.at(-1)} % in the end.`,
    points: course,
    to: 100,
    unit: ' %',
    form: 'step',
    series: [{ name: 'weight', values: weights }],
  };
}

/** In powers of ten; beyond twice the limit, and below a thousandth, more says nothing more. */
function evidenceDrawing(course: readonly Moment[], { alpha, beta }: Canary['limits']): Drawing {
  const limits = [
    { at: Math.log10(1 / alpha), name: `rolled back if worse reaches ${Number((1 / alpha).toFixed(1))}` },
    { at: Math.log10(1 / beta), name: `promoted if good reaches ${Number((1 / beta).toFixed(1))}` },
  ];
  const highest = Math.max(...limits.map(({ at }) => at));
  const power = (e: number) => Math.min(2 * highest, Math.max(-3, Math.log10(e)));
  const series = [
    { name: 'E(worse)', values: course.map(({ harm }) => power(harm)) },
    { name: 'E(good)', values: course.map(({ good }) => power(good)) },
  ];
  const all = series.flatMap(({ values }) => values);
  const end = course.at(-1)!;
  return {
    title: 'Evidence, as powers of ten',
    says: `In the end E(worse) was ${show(end.harm)} and E(good) ${show(end.good)}; the chance of a wrong decision is at most ${alpha} and ${beta}.`,
    points: course,
    from: Math.min(0, Math.floor(Math.min(...all))),
    to: Math.ceil(Math.max(highest, ...all) + 0.1),
    unit: '',
    form: 'line',
    series,
    limits,
  };
}

function errorDrawing({ steps }: Canary): Drawing {
  const rate = ({ requests, errors }: Canary['steps'][number]['canary']) =>
    requests === 0 ? undefined : (100 * errors) / requests;
  const sum = (of: 'canary' | 'baseline') => {
    const [errors, requests] = (['errors', 'requests'] as const).map(key =>
      steps.reduce((n, step) => n + step[of][key], 0),
    );
    return `${errors} of ${requests}`;
  };
  const series = [
    { name: 'new release', values: steps.map(step => rate(step.canary)) },
    { name: 'old release', values: steps.map(step => rate(step.baseline)) },
  ];
  const worst = Math.max(...series.flatMap(({ values }) => values.map(value => value ?? 0)));
  return {
    title: 'Own requests that failed, by step',
    says: `Of the new release ${sum('canary')} failed, of the old one ${sum('baseline')}.`,
    points: steps.map(({ weight }, at) => ({ at, label: `${weight} %` })),
    to: worst === 0 ? 1 : Math.min(100, roundTop(worst)),
    unit: ' %',
    form: 'bar',
    series,
  };
}
