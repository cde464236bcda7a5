import { describe, expect, test } from '@jest/globals';
import { dispersion } from '../../../src/core/statistics/index.ts';
import { historyOf } from '../../../src/deploy-k8s-canary/metrics/history.ts';
import type { Sample, Series } from '../../../src/deploy-k8s-canary/metrics/series.ts';

const scrapes = 61; // of 15 s: a quarter of an hour

/** A counter that grows by what `by` says at each scrape. */
function counter(pod: string, offset: number, by: (scrape: number) => number, region = 'eu'): Series {
  let value = 1000;
  const samples = Array.from({ length: scrapes }, (_, i): Sample => {
    if (i > 0) value += by(i);
    return [offset + 15 * i, value];
  });
  return { labels: { pod, region }, samples };
}

describe('what is known of the old release before the start', () => {
  const requests = [counter('a', 0, () => 150), counter('b', 4, () => 150)];

  test('traffic, and how its errors cluster', () => {
    const burst = (i: number) => (i % 10 === 3 ? 9 : 0);
    const errors = [counter('a', 0, burst), counter('b', 4, () => 0)];
    const seen = historyOf({ better: 'lower' }, requests, errors, 'pod', []);
    expect(seen.traffic).toBeCloseTo(20, 0);
    expect(seen.measured).toBe(true);
    const ticks = Array.from({ length: 60 }, (_, i) => [burst(i + 1), 0]);
    expect(seen.phi).toBeCloseTo(dispersion(ticks)!, 6);
  });

  test('of a metric that counts what is good, the rest clusters', () => {
    const good = [counter('a', 0, i => 150 - (i % 10 === 3 ? 9 : 0)), counter('b', 4, () => 150)];
    expect(historyOf({ better: 'higher' }, requests, good, 'pod', []).phi).toBeCloseTo(9, 6);
  });

  test('each group has its own', () => {
    const both = [...requests, counter('a', 0, () => 150, 'us'), counter('b', 4, () => 150, 'us')];
    const errors = [
      counter('a', 0, i => (i % 10 === 3 ? 9 : 0)),
      counter('a', 0, i => i % 2, 'us'),
      counter('b', 4, i => (i + 1) % 2, 'us'),
    ];
    const { phiOf } = historyOf({ better: 'lower' }, both, errors, 'pod', ['region']);
    expect(phiOf).toEqual({ 'region=eu': expect.closeTo(9, 6), 'region=us': 1 });
  });

  test('too short, without anything bad, or empty: 5', () => {
    const short = requests.map(({ labels, samples }) => ({ labels, samples: samples.slice(0, 30) }));
    for (const [all, some] of [
      [short, short],
      [requests, []],
      [[], []],
    ]) {
      expect(historyOf({ better: 'lower' }, all!, some!, 'pod', [])).toMatchObject({ phi: 5, measured: false });
    }
    expect(historyOf({ better: 'lower' }, [], [], 'pod', []).traffic).toBe(0);
  });
});
