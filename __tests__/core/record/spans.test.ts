import { expect, test } from '@jest/globals';
import { spansEvidence } from '../../../src/core/record/spans.ts';
import { spansOf } from '../../../src/core/report/evidence.ts';
import { host } from '../report/record.ts';

test('the steps of a deployment are kept in its evidence, and read back by the report', () => {
  const start = Date.UTC(2026, 0, 1);
  const spans = [
    { name: 'upload', start, end: start + 1500, failed: false },
    { name: 'switch', start: start + 1500, end: start + 1600, failed: true },
  ];
  const evidence = spansEvidence(spans);
  expect(evidence).toEqual({
    spans: [
      { name: 'upload', started: '2026-01-01T00:00:00.000Z', ended: '2026-01-01T00:00:01.500Z' },
      { name: 'switch', started: '2026-01-01T00:00:01.500Z', ended: '2026-01-01T00:00:01.600Z', failed: true },
    ],
  });
  expect(spansOf(host({ evidence }))).toEqual(spans);
  expect(spansEvidence([])).toEqual({});
});
