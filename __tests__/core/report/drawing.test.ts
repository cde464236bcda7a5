import { expect, test } from '@jest/globals';
import { type Drawing, drawing, roundTop } from '../../../src/core/report/drawing.ts';

const chart: Drawing = {
  title: 'Of "x"',
  says: 'It went <up>.',
  points: [
    { at: 0, label: '0s' },
    { at: 30, label: '30s' },
    { at: 40, label: '40s' },
  ],
  to: 100,
  unit: ' %',
  form: 'line',
  series: [{ name: 'new', values: [0, 100, undefined] }],
};

test('points stand where they are in time, values between the ends of the axis; what is not known is left out', () => {
  expect(drawing(chart)).toContain('<path class="line s0" d="M56 162L278 12"/>');
  expect(drawing({ ...chart, form: 'step' })).toContain('d="M56 162H278V12"/>');
});

test('it is told in words, and its numbers can be unfolded', () => {
  const html = drawing(chart);
  expect(html).toContain('role="img" aria-label="Of &quot;x&quot;. It went &lt;up&gt;."');
  expect(html).toContain('data-label="At">30s</th><td role="cell" data-label="new">100 %</td>');
  expect(html).toContain('data-label="At">40s</th><td role="cell" data-label="new">–</td>');
});

test('of several series each has its name, and bars of its own beside the others', () => {
  const two = [...chart.series, { name: 'old', values: [50, 50, 50] }];
  const html = drawing({ ...chart, form: 'bar', series: two });
  expect(
    [...html.matchAll(/<rect class="s(\d)" x="([\d.]+)"/g)].slice(0, 5).map(([, of, x]) => [of, Number(x)]),
  ).toEqual([
    ['0', 65.9],
    ['0', 164.5],
    ['1', 105.3],
    ['1', 204],
    ['1', 302.7],
  ]);
  expect(html).toMatch(/<ul class="legend"><li>.*new<\/li><li>.*old<\/li><\/ul>/);
});

test('a hundred long labels do not run into each other', () => {
  const points = Array.from({ length: 100 }, (_, at) => ({ at, label: `v0.0.0-20260101-${at}` }));
  const html = drawing({ ...chart, points, series: [{ name: 'x', values: points.map(() => 1) }] });
  const labels = [...html.matchAll(/y="178" text-anchor="\w+">([^<]+)</g)].map(([, label]) => label!);
  expect(labels.length).toBeLessThanOrEqual(7);
  expect(Math.max(...labels.map(({ length }) => length))).toBeLessThan(9);
});

test.each([
  [0, 1],
  [0.93, 1],
  [7.33, 8],
  [11, 12],
  [35, 40],
  [99, 100],
])('the axis for %s ends at %s', (value, top) => expect(roundTop(value)).toBeCloseTo(top));
