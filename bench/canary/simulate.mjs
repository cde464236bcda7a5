// One release after the other: weights 5, 10 … 50 %, a minute each, a scrape every 15 seconds.
import { median } from '../lib/measure.mjs';
import { scrape, Traffic } from './traffic.mjs';

const last = 50;

/** How one release ends: { end: rollback | promoted | inconclusive, time, served: errors that users of the canary saw }. */
export function release(cell, rule, seed) {
  const traffic = new Traffic(cell, seed);
  const judge = rule(traffic);
  let [weight, served] = [5, 0];
  for (let time = scrape; ; time += scrape) {
    const seen = traffic.scrape(time, weight);
    served += seen.users.canary.errors;
    const said = judge.look(time, seen, weight / 5 - 1);
    if (said === 'rollback') return { end: 'rollback', time, served, shown: judge.shown };
    if (time % 60 !== 0 || said === 'hold') continue;
    if (weight === last) return { end: judge.end?.() ?? 'promoted', time, served, shown: judge.shown };
    weight += 5;
  }
}

/** Many releases of one cell under one rule, in thousandths, seconds and requests. */
export function simulate(cell, rule, releases) {
  const done = Array.from({ length: releases }, (_, seed) => release(cell, rule, 7919 * (seed + 1)));
  const share = end => (1000 * done.filter(one => one.end === end).length) / releases;
  const back = done.filter(({ end }) => end === 'rollback');
  const shown = done.filter(one => one.shown !== undefined).map(one => one.shown);
  const middle = values => (values.length === 0 ? undefined : median(values));
  return {
    rollbacks: share('rollback'),
    promoted: share('promoted'),
    inconclusive: share('inconclusive'),
    time: middle(back.map(({ time }) => time)),
    served: middle(back.map(one => one.served)),
    shown: middle(shown),
  };
}
