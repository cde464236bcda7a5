import { describe, expect, test } from '@jest/globals';
import { fail, pass, unknown } from '../../../src/release/doctor/check.ts';
import { summaryOf, textOf } from '../../../src/release/doctor/render.ts';

const host = (check: string, seen = unknown('web1', 'cannot be reached')) => ({
  check,
  family: 'host' as const,
  ...seen,
});

describe('what the doctor shows', () => {
  const findings = [host('ssh-root'), host('ssh-password'), host('firewall'), host('listeners', pass('web2'))];
  const report = { findings, required: ['firewall'] };

  test('what one reason hides is told once', () => {
    expect(textOf(report)).toEqual([
      '? web1: cannot be reached',
      '    unknown therefore: ssh-root, ssh-password, firewall (required)',
      expect.stringContaining('0 not met, 3 unknown, 1 met (listeners)'),
    ]);
    const summary = summaryOf(report);
    expect(summary.match(/cannot be reached/g)).toHaveLength(1);
    expect(summary).toContain('`firewall` (required)');
  });

  test('a check that is not met somewhere, or unknown for a reason of its own, has its own lines', () => {
    const more = [
      ...findings,
      host('ssh-root', fail('web2', 'PermitRootLogin yes')),
      host('exposure', unknown('x', 'y')),
    ];
    const lines = textOf({ findings: more, required: [] });
    expect(lines[0]).toMatch(/^✗ ssh-root \(must\): not met:/);
    expect(lines).toContain('    web1: cannot be reached');
    expect(lines).toContain('    x: y');
    expect(lines).toContain('    unknown therefore: ssh-password, firewall');
  });
});
