import { expect, test } from '@jest/globals';
import { chart } from '../../../src/core/report/chart.ts';

test('a chart for a job summary; nothing in a title can end its text', () => {
  const lines = [
    { form: 'line', values: [-1, 2] },
    { form: 'bar', values: [0, 1] },
  ] as const;
  expect(chart({ title: 'of "x"', times: ['0s', '1s'], unit: '%', from: -2, to: 3, lines })).toBe(
    [
      '```mermaid',
      '%%{init: {"themeVariables":{"xyChart":{"plotColorPalette":"#4f7fd9, #d9534f"}}}}%%',
      'xychart-beta',
      `    title "of 'x'"`,
      '    x-axis ["0s", "1s"]',
      '    y-axis "%" -2 --> 3',
      '    line [-1, 2]',
      '    bar [0, 1]',
      '```',
    ].join('\n'),
  );
});
