import { expect, test } from '@jest/globals';
import type { Finding } from '../../src/verify-health/finding.ts';
import { junit } from '../../src/verify-health/junit.ts';

const finding = (more: Partial<Finding>): Finding => ({
  kind: 'check',
  name: 'a',
  verdict: 'passed',
  detail: 'fine',
  started: 1000,
  ended: 2500,
  ...more,
});

test('failures, errors and what XML cannot hold', () => {
  const text = junit(
    [
      finding({}),
      finding({ name: '<b> & "c"', verdict: 'failed', reason: 'status', detail: 'line\nbreak \u0007 \ud800' }),
      finding({ kind: 'identity', verdict: 'inconclusive', reason: 'no-access', evidence: { pid: 7 } }),
    ],
    'hello v1',
    new Date(0),
  );
  expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="verify-health" tests="3" failures="1" errors="1" skipped="0" time="1.500">
  <testsuite name="hello v1" tests="3" failures="1" errors="1" skipped="0" time="1.500" timestamp="1970-01-01T00:00:00.000Z">
    <testcase classname="check" name="a" time="1.500"/>
    <testcase classname="check" name="&lt;b&gt; &amp; &quot;c&quot;" time="1.500">
      <failure type="status" message="line&#10;break  \ufffd"></failure>
    </testcase>
    <testcase classname="identity" name="a" time="1.500">
      <error type="no-access" message="fine">{&#10; &quot;pid&quot;: 7&#10;}</error>
    </testcase>
  </testsuite>
</testsuites>
`);
});

test('no findings at all is still well-formed', () => {
  expect(junit([], 'x', new Date(0))).toContain('tests="0" failures="0" errors="0" skipped="0" time="0.000"');
});
