import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/verify-health/finding.ts';
import { type Asked, conclude, stepFails } from '../../src/verify-health/verdict.ts';

const finding = (kind: Finding['kind'], verdict: Finding['verdict'], reason?: string): Finding => ({
  kind,
  name: kind,
  verdict,
  ...(reason === undefined ? {} : { reason }),
  detail: '',
  started: 0,
  ended: 0,
});
const good = (kind: Finding['kind']) => finding(kind, 'passed');
const proven: Asked = { identity: 'proven', deployed: true };

describe('conclude', () => {
  test.each<[string, Finding[], Asked, string, string, string[], boolean]>([
    ['all is well', [good('check'), good('identity')], proven, 'verified', 'proven', [], false],
    [
      'a 200 from another binary',
      [good('check'), finding('identity', 'failed', 'other-binary')],
      proven,
      'failed',
      'unknown',
      ['other-binary'],
      true,
    ],
    [
      'one of two places unproven',
      [good('identity'), finding('identity', 'inconclusive', 'no-access')],
      proven,
      'inconclusive',
      'unknown',
      ['no-access'],
      true,
    ],
    [
      'a failure outweighs what is open',
      [finding('identity', 'inconclusive', 'no-access'), finding('check', 'failed', 'status')],
      proven,
      'failed',
      'unknown',
      ['no-access', 'status'],
      true,
    ],
    [
      'rolled back, though what serves answers',
      [good('check'), good('identity'), finding('record', 'failed', 'rolled-back')],
      proven,
      'failed',
      'proven',
      ['rolled-back'],
      true,
    ],
    [
      'proof was asked for and nothing looked at',
      [good('check')],
      proven,
      'inconclusive',
      'unknown',
      ['identity-unknown'],
      true,
    ],
    [
      'a report is no proof',
      [good('check'), good('reported')],
      proven,
      'inconclusive',
      'reported',
      ['identity-unknown'],
      true,
    ],
    [
      'reported, as asked',
      [good('reported')],
      { identity: 'reported', deployed: true },
      'verified',
      'reported',
      [],
      false,
    ],
    [
      'a release whose identity was left out: honest verdict, green step',
      [good('check')],
      { identity: 'none', deployed: true },
      'inconclusive',
      'unknown',
      ['identity-unknown'],
      false,
    ],
    [
      'left out, and a check that is open: red',
      [finding('check', 'inconclusive', 'deadline')],
      { identity: 'none', deployed: true },
      'inconclusive',
      'unknown',
      ['deadline', 'identity-unknown'],
      true,
    ],
    ['plain endpoints', [good('check')], { identity: 'none', deployed: false }, 'verified', 'unknown', [], false],
    ['nothing at all', [], { identity: 'none', deployed: false }, 'inconclusive', 'unknown', [], false],
  ])('%s', (_, findings, asked, verdict, identity, reasons, fails) => {
    const concluded = conclude(findings, asked);
    expect(concluded).toEqual({ verdict, identity, reasons });
    expect(stepFails(concluded, asked)).toBe(fails);
  });

  test('a reason is said once', () => {
    const twice = [finding('check', 'failed', 'dns'), finding('check', 'failed', 'dns')];
    expect(conclude(twice, { identity: 'none', deployed: false }).reasons).toEqual(['dns']);
  });
});
