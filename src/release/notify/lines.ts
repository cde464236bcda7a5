import type { News } from './news.ts';

/** A name and what it is. */
export type Line = readonly [name: string, value: string];

const words = {
  verified: 'verified',
  'rolled-back': 'rolled back',
  failed: 'failed',
  inconclusive: 'inconclusive',
} as const;

/** `hello v1.2.3 in production: rolled back`. */
export function titleOf({ event, mode, service, version, environment }: News): string {
  const what = [service, version].filter(word => word !== undefined).join(' ') || mode;
  return `${what}${environment === undefined ? '' : ` in ${environment}`}: ${words[event]}`;
}

/** What a person wants to know next, most important first. */
export function linesOf(news: News): Line[] {
  const { places, reasons, mode, by, commit, run, url } = news;
  return [
    ...reasons.slice(0, 5).map(reason => ['Why', reason] as const),
    ...places.slice(0, 10).map(one => [one.place, placeOf(one)] as const),
    ...(places.length > 10 ? [['More places', String(places.length - 10)] as const] : []),
    ['What was asked', `${mode}, by ${by}`],
    ...optional('Commit', commit),
    ...optional('Run', run),
    ...optional('Open', url),
  ];
}

function placeOf({ service, state, release, previous, why }: News['places'][number]): string {
  const from = previous === '' || previous === release ? '' : `, before ${previous}`;
  return `${service} ${state}: ${release}${from}${why === undefined ? '' : ` – ${why}`}`;
}

const optional = (name: string, value: string | undefined): Line[] => (value === undefined ? [] : [[name, value]]);
