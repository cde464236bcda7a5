import { describe, expect, test } from '@jest/globals';
import { SlipwayError } from '../../src/core/errors.ts';
import type { Outcome } from '../../src/deploy-ssh-systemd/outcome.ts';
import { planSummary } from '../../src/deploy-ssh-systemd/plan.ts';
import { deploySummary, refusedSummary, rollbackCommand } from '../../src/deploy-ssh-systemd/summary.ts';
import type { Surveyed } from '../../src/deploy-ssh-systemd/survey.ts';

const outcome = (place: string, changes: Partial<Outcome> = {}): Outcome => ({
  place,
  state: 'healthy',
  release: 'new',
  previous: 'old',
  serving: 'new',
  binary: 'x',
  changed: true,
  started: 0,
  ended: 2000,
  spans: [
    { name: 'lock', start: 0, end: 100 },
    { name: 'health', start: 100, end: 2000 },
  ],
  evidence: { exposure: 1.4, downtimeMs: 90, downtimeMeasuredBy: 'systemd', entered: 'restart' },
  ...changes,
});
const summary = (outcomes: readonly Outcome[]) => deploySummary(outcomes, 'hello', () => '/opt/slipway/hello');

describe('the summary of a deployment', () => {
  const fails = outcome('me@b:22', {
    state: 'rolled-back',
    serving: 'old',
    evidence: { unit: 'failed (exited)', exit: 'exit code 1', advice: ['Read <it>.'] },
    journal: 'some\n```\nlines',
    error: new SlipwayError('GATE_FAILED', 'me@b:22: new did not pass: *it* said\n<b>no</b> | to you@c:22; old serves'),
  });

  test('the table has what is short; why it went wrong stands below it, and nothing of it is markup', () => {
    const text = summary([outcome('me@a:22'), fails]);
    expect(text).toContain('| `me@b:22` | ↩️ rolled-back | old | old | 2s | – | – |');
    expect(text).toContain(
      [
        '- ↩️ `me@b:22` rolled-back: new did not pass: \\*it\\* said \\<b\\>no\\</b\\> \\| to `you@c:22`; old serves',
        '  - the unit was failed (exited); its process ended: exit code 1.',
        '  - Read \\<it\\>.',
      ].join('\n'),
    );
    expect(text).toContain('````text\nsome\n```\nlines\n````');
  });

  test('what was never begun took no time, and is no bar of the chart', () => {
    const waits = outcome('me@c:22', {
      state: 'not-begun',
      serving: 'old',
      spans: [],
      evidence: { reason: 'me@b:22 failed' },
    });
    const text = summary([outcome('me@a:22'), waits]);
    expect(text).toContain('| `me@c:22` | ⏸️ not-begun | old | old | – | – | – |');
    expect(text).toContain('- ⏸️ `me@c:22` not-begun: `me@b:22` failed');
    expect(text).not.toContain('section c');
  });

  test('a few hosts have their steps in the chart, many a bar each', () => {
    const hosts = (count: number) => Array.from({ length: count }, (_, index) => outcome(`me@host${index}:22`));
    expect(summary(hosts(8)).match(/^ {4}(section host\d|lock|health)/gm)).toHaveLength(24);
    const many = summary(hosts(9));
    expect(many.match(/^ {4}host\d \(2s\)/gm)).toHaveLength(9);
    expect(many).not.toMatch(/section|lock/);
  });

  test('nothing was begun: who was the reason, and who could have', () => {
    const ready = { session: { place: 'me@a:22' }, facts: { current: 'old' } } as Surveyed;
    const lost = outcome('me@b:22', {
      state: 'unreachable',
      previous: '',
      error: new SlipwayError('X', 'me@b:22: no *answer*'),
    });
    expect(refusedSummary([lost], [ready], 'hello')).toBe(
      [
        '### hello: nothing was changed on any host\n',
        '| Host | Result | Serves |',
        '|---|---|---|',
        '| `me@b:22` | ❌ unreachable | – |',
        '| `me@a:22` | ⏸️ not-begun: as before | old |\n',
        '- ❌ `me@b:22` unreachable: no \\*answer\\*',
      ].join('\n'),
    );
  });
});

test.each([
  ['me@a:22', undefined, 'ssh me@a sudo sh /srv/x/state/agent.sh rollback /srv/x hello old'],
  [
    'root@[2001:db8::1]:2222',
    undefined,
    'ssh -p 2222 root@2001:db8::1 sh /srv/x/state/agent.sh rollback /srv/x hello old',
  ],
  ['me@a:22', '/home/me/x', 'ssh me@a sh /home/me/x/state/agent.sh rollback /home/me/x hello old'],
])('back by hand on %s (own: %s): %s', (place, own, expected) => {
  expect(rollbackCommand(place, 'old', 'hello', '/srv/x', own)).toBe(expected);
});

test('a plan says once what is the same on several hosts, as a diff with colours', () => {
  const plan = (place: string, ...lines: string[]) => ({
    surveyed: {
      session: { place },
      facts: { current: 'old' },
      goal: { id: 'new' },
      exposure: 1.4,
    } as unknown as Surveyed,
    lines: [`${place}: old → new`, ...lines],
  });
  const same = ['  binary x', '  unit -A=1', '  unit +A=2', '  drop-in +Nice=5', '  exposure 1.4'];
  const text = planSummary([plan('me@a:22', ...same), plan('me@b:22', ...same), plan('me@c:22', '  binary x')]);
  expect(text).toContain('| `me@c:22` | old | new | 1.4 |');
  expect(text).toContain(
    '`me@a:22`, `me@b:22`:\n\n```diff\n binary x\n@@ unit @@\n-A=1\n+A=2\n@@ drop-in @@\n+Nice=5\n exposure 1.4\n```',
  );
  expect(text).toContain('`me@c:22`:\n\n```diff\n binary x\n```');
});
