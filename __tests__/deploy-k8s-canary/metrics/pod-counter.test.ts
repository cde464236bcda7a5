import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Measure } from '../../../src/deploy-k8s-canary/metrics/measure.ts';
import { PodCounter } from '../../../src/deploy-k8s-canary/metrics/pod-counter.ts';
import { type Sample, type Series, seriesOf } from '../../../src/deploy-k8s-canary/metrics/series.ts';

const measure: Measure = {
  name: 'errors',
  numerator: { metric: 'n', matchers: [] },
  denominator: { metric: 'd', matchers: [] },
  better: 'lower',
  tolerance: 0.01,
  absentIsZero: true,
  labels: [],
};
const series = (labels: Record<string, string>, ...samples: Sample[]): Series => ({ labels, samples });
const all = (...samples: Sample[]) => [series({ code: '200' }, ...samples)];
const bad = (...samples: Sample[]) => [series({ code: '500' }, ...samples)];
const counts = (counter: PodCounter, denominator: readonly Series[], numerator: readonly Series[] = []) =>
  counter.add(denominator, numerator, true);
const plain = (counted: ReturnType<PodCounter['add']>) => counted && Object.fromEntries(counted.groups);

describe('one pod’s raw counters', () => {
  test('the first scrape is where counting begins; then differences, each once', () => {
    const counter = new PodCounter(measure, []);
    expect(counts(counter, all([10, 100]), bad([10, 3]))).toBeUndefined();
    expect(plain(counts(counter, all([10, 100], [25, 150]), bad([10, 3], [25, 5])))).toEqual({
      '': { requests: 50, errors: 2 },
    });
    // nothing new: no evidence, and not no requests
    expect(counts(counter, all([10, 100], [25, 150]), bad([10, 3], [25, 5]))).toBeUndefined();
    expect(plain(counts(counter, all([25, 150], [40, 150])))).toEqual({ '': { requests: 0, errors: 0 } });
  });

  test('a counter that began again at 0 counts what it has since', () => {
    const counter = new PodCounter(measure, []);
    counts(counter, all([0, 900]));
    expect(plain(counts(counter, all([0, 900], [15, 950], [30, 20], [45, 30])))).toEqual({
      '': { requests: 80, errors: 0 },
    });
  });

  test('an error series that comes with the first error began at 0', () => {
    const counter = new PodCounter(measure, []);
    counts(counter, all([0, 10]));
    expect(plain(counts(counter, all([0, 10], [15, 20]), bad([15, 4])))).toEqual({ '': { requests: 10, errors: 4 } });
  });

  test('a scrape between the two questions is left to the next look', () => {
    const counter = new PodCounter(measure, []);
    counts(counter, all([0, 10]), bad([0, 0]));
    expect(plain(counts(counter, all([0, 10], [15, 20]), bad([0, 0], [15, 1], [30, 9])))).toEqual({
      '': { requests: 10, errors: 1 },
    });
    expect(plain(counts(counter, all([15, 20], [30, 40]), bad([15, 1], [30, 9])))).toEqual({
      '': { requests: 20, errors: 8 },
    });
  });

  test('empty and stale are no evidence; what came while nobody could ask is counted once', () => {
    const counter = new PodCounter(measure, []);
    expect(counts(counter, [])).toBeUndefined();
    counts(counter, all([0, 10]));
    expect(counts(counter, [])).toBeUndefined();
    expect(counts(counter, [series({ code: '200' })])).toBeUndefined();
    expect(plain(counts(counter, all([300, 70])))).toEqual({ '': { requests: 60, errors: 0 } });
  });

  test('a pod in its warm-up is not counted, nor is what it did until the first scrape after', () => {
    const counter = new PodCounter(measure, []);
    for (const at of [0, 15]) expect(counter.add(all([at, at * 10]), bad([at, at]), false)).toBeUndefined();
    expect(counter.add(all([15, 150], [30, 300]), bad([15, 15], [30, 30]), true)).toBeUndefined();
    expect(plain(counter.add(all([30, 300], [45, 310]), bad([30, 30], [45, 31]), true))).toEqual({
      '': { requests: 10, errors: 1 },
    });
  });

  test('without its numerator there is no evidence, unless that is known to be 0', () => {
    const unknown = new PodCounter({ ...measure, absentIsZero: false }, []);
    counts(unknown, all([0, 10]));
    expect(counts(unknown, all([0, 10], [15, 20]))).toMatchObject({ trouble: 'its numerator has no series' });
    const misnamed = new PodCounter({ ...measure, labels: ['status'] }, []);
    counts(misnamed, all([0, 10]));
    const seen = counts(misnamed, all([0, 10], [15, 20]));
    expect([seen?.groups.size, seen?.trouble]).toEqual([0, 'its series have no label "status"']);
  });

  test('a pod that is scraped twice is counted once, and when its scraper goes it begins anew', () => {
    const counter = new PodCounter(measure, []);
    const by = (job: string, ...samples: Sample[]) => series({ code: '200', job }, ...samples);
    counts(counter, [by('a', [0, 10]), by('b', [1, 10])]);
    const seen = counts(counter, [by('a', [0, 10], [15, 20]), by('b', [1, 10], [16, 20])]);
    expect(plain(seen)).toEqual({ '': { requests: 10, errors: 0 } });
    expect(seen?.trouble).toBe('it is scraped 2 times, only job=a is counted');
    expect(counts(counter, [by('b', [16, 20], [31, 30])])).toBeUndefined();
    expect(plain(counts(counter, [by('b', [31, 30], [46, 45])]))).toEqual({ '': { requests: 15, errors: 0 } });
  });

  test('groups are those of its labels', () => {
    const counter = new PodCounter(measure, ['region']);
    const at = (time: number, eu: number, us: number) => [
      series({ region: 'eu' }, [time, eu]),
      series({ region: 'us' }, [time, us]),
    ];
    counter.add(at(0, 0, 0), [], true);
    expect(plain(counter.add(at(15, 5, 7), [series({ region: 'us' }, [15, 2])], true))).toEqual({
      'region=eu': { requests: 5, errors: 0 },
      'region=us': { requests: 7, errors: 2 },
    });
  });

  test('however it is looked at, every request is counted exactly once', () => {
    const steps = fc.array(fc.record({ good: fc.nat(50), bad: fc.nat(9), restart: fc.boolean(), look: fc.boolean() }), {
      minLength: 3,
      maxLength: 30,
    });
    fc.assert(
      fc.property(steps, given => {
        const counter = new PodCounter(measure, []);
        const [requests, errors]: [Sample[], Sample[]] = [[[0, 0]], [[0, 0]]];
        counter.add(all([0, 0]), bad([0, 0]), true);
        let [whole, failed, lost, lostBad] = [0, 0, 0, 0];
        let counted = { requests: 0, errors: 0 };
        given.forEach((step, index) => {
          const last = index === given.length - 1;
          // a restart is seen only when the value fell: begin lower than it was
          const [now, nowBad] = [whole - lost, failed - lostBad];
          if (step.restart && now - nowBad > 50 && nowBad > 9) [lost, lostBad] = [whole, failed];
          whole += step.good + step.bad;
          failed += step.bad;
          requests.push([index + 1, whole - lost]);
          errors.push([index + 1, failed - lostBad]);
          if (!step.look && !last) return;
          // the error series is among all of them, as in http_requests_total
          const good = requests.map(([at, value], i): Sample => [at, value - errors[i]![1]]);
          const seen = counter.add([...all(...good), ...bad(...errors)], bad(...errors), true)!.groups.get('')!;
          counted = { requests: counted.requests + seen.requests, errors: counted.errors + seen.errors };
        });
        expect(counted).toEqual({ requests: whole, errors: failed });
      }),
    );
  });
});

describe('a recorded answer', () => {
  // as Prometheus 2.42 gives `http_requests_total{…}[20s]`
  const data = {
    resultType: 'matrix',
    result: [
      {
        metric: {
          __name__: 'http_requests_total',
          code: '200',
          handler: '/',
          instance: '10.244.0.31:8080',
          job: 'pods',
        },
        values: [
          [1795863400.123, '12'],
          [1795863401.123, 'NaN'],
          [1795863402.123, '+Inf'],
          [1795863402.123, '14'],
          [1795863402.123, '14'],
          [1795863401.5, '13'],
        ] as [number, string][],
      },
    ],
  };

  test('what is no count, comes twice or out of order is left out', () => {
    expect(seriesOf(data)[0]!.samples).toEqual([
      [1795863400.123, 12],
      [1795863402.123, 14],
    ]);
    expect(seriesOf({ resultType: 'matrix', result: [] })).toEqual([]);
  });
});
