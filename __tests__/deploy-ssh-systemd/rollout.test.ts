import { describe, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { SlipwayError } from '../../src/core/errors.ts';
import type { Outcome } from '../../src/deploy-ssh-systemd/outcome.ts';
import { hostsOf, nextBatch, type Pace, parseShare } from '../../src/deploy-ssh-systemd/pace.ts';
import { type Rollout, rollOut } from '../../src/deploy-ssh-systemd/rollout.ts';
import type { Surveyed } from '../../src/deploy-ssh-systemd/survey.ts';

describe('a share of the hosts', () => {
  test.each([
    ['2', 10, 2],
    ['25%', 10, 2],
    ['100%', 3, 3],
    ['1%', 3, 1],
  ])('%s of %d is %d', (text, all, expected) => expect(hostsOf(parseShare(text), all)).toBe(expected));

  test.each(['0', '0%', '101%', '1.5', '-1', '', 'half'])('not %j', text => expect(() => parseShare(text)).toThrow());
});

describe('the next batch', () => {
  const pace = (words: string): Pace => {
    const [strategy, batch, maxUnavailable] = words.split(' ');
    const read = (text = '-') => (text === '-' ? undefined : parseShare(text));
    return { strategy: strategy as Pace['strategy'], batch: read(batch), maxUnavailable: read(maxUnavailable) };
  };
  /** Hosts as letters, small ones serve nothing; `first`, that nothing was begun. */
  test.each([
    ['all', 'ABC', 3, 0, true, 'ABC'],
    ['rolling', 'ABC', 3, 0, true, 'A'],
    ['rolling 2', 'ABC', 3, 0, true, 'AB'],
    ['rolling 50%', 'ABCD', 4, 0, true, 'AB'],
    ['rolling 2 1', 'ABC', 3, 0, true, 'A'],
    ['all - 2', 'ABC', 3, 0, true, 'AB'],
    ['all - 1', 'ABC', 4, 1, true, ''],
    ['all - 2', 'ABC', 4, 1, true, 'A'],
    ['rolling 2 1', 'AbC', 3, 0, true, 'b'],
    ['rolling 3 2', 'AbC', 3, 0, true, 'bA'],
    ['rolling', 'Ab', 3, 0, false, 'b'],
    ['all - 1', 'abc', 3, 0, true, 'abc'],
    ['canary', 'ABC', 3, 0, true, 'A'],
    ['canary', 'BC', 3, 0, false, 'BC'],
    ['canary 1', 'BC', 3, 0, false, 'B'],
    ['canary', 'ABC', 4, 1, true, 'A'],
  ])('%s of %s (%d hosts, %d lost, first: %p): %s', (words, names, all, lost, first, expected) => {
    const waiting = [...names].map(name => ({ name, serves: name === name.toUpperCase() }));
    const batch = nextBatch({ waiting, all, lost, first }, pace(words));
    expect(batch.map(({ name }) => name).join('')).toBe(expected);
  });
});

describe('rollOut', () => {
  const hosts = ['a', 'b', 'c', 'd'].map(
    name =>
      ({
        session: { place: name },
        goal: { id: 'new', sha256: 'x' },
        facts: { current: 'old', pending: [], unit: { active: 'active' } },
      }) as unknown as Surveyed,
  );
  const rollout = (changes: Partial<Rollout> = {}): Rollout => ({
    pace: { strategy: 'rolling', batch: { count: 2 }, maxUnavailable: undefined },
    onFailure: 'stop',
    soakTime: 60_000,
    unreachable: 0,
    ...changes,
  });
  const outcome = (host: Surveyed, state: Outcome['state'], error?: SlipwayError): Outcome => ({
    place: host.session.place,
    state,
    release: 'new',
    previous: 'old',
    serving: state === 'healthy' ? 'new' : 'old',
    binary: 'x',
    changed: true,
    started: 0,
    ended: 0,
    spans: [],
    evidence: {},
    ...(error === undefined ? {} : { error }),
  });
  /** Deploys to all but the failing ones; what was called, in order. */
  const carriedOut = async (failing: string, options: Rollout, signal = new AbortController()) => {
    const calls: string[] = [];
    let going = 0;
    let most = 0;
    const outcomes = await rollOut(
      hosts,
      options,
      {
        deploy: async (host, soak) => {
          const name = host.session.place;
          calls.push(`${name}${soak > 0 ? '~' : ''}`);
          if (failing.includes(name.toUpperCase())) throw new Error(`${name} threw`);
          if (failing.includes('!')) signal.abort(new SlipwayError('CANCELLED', 'cancelled'));
          return failing.includes(name)
            ? outcome(host, 'rolled-back', new SlipwayError('GATE_FAILED', name))
            : outcome(host, 'healthy');
        },
        goBack: async host => {
          calls.push(`<${host.session.place}`);
          going++;
          most = Math.max(most, going);
          await sleep(5);
          going--;
          return outcome(host, 'rolled-back');
        },
      },
      signal.signal,
    );
    return { calls: calls.join(' '), states: outcomes.map(one => one.state).join(' '), outcomes, most };
  };

  test.each([
    ['', {}, 'a b c d', 'healthy healthy healthy healthy'],
    ['b', {}, 'a b', 'healthy rolled-back not-begun not-begun'],
    ['B', {}, 'a b', 'healthy failed not-begun not-begun'],
    ['b', { onFailure: 'rollback-batch' }, 'a b <a', 'rolled-back rolled-back not-begun not-begun'],
    ['d', { onFailure: 'rollback-batch' }, 'a b c d <c', 'healthy healthy rolled-back rolled-back'],
    ['d', { onFailure: 'rollback-all' }, 'a b c d <a <b <c', 'rolled-back rolled-back rolled-back rolled-back'],
    ['!', { onFailure: 'rollback-all' }, 'a b', 'healthy healthy not-begun not-begun'],
    [
      '',
      { pace: { strategy: 'canary', batch: undefined, maxUnavailable: undefined } },
      'a~ b c d',
      'healthy healthy healthy healthy',
    ],
    [
      'a',
      { pace: { strategy: 'canary', batch: undefined, maxUnavailable: undefined } },
      'a~',
      'rolled-back not-begun not-begun not-begun',
    ],
  ] as [string, Partial<Rollout>, string, string][])('"%s" fail, %j: %s', async (failing, changes, calls, states) => {
    expect(await carriedOut(failing, rollout(changes))).toMatchObject({ calls, states });
  });

  test.each([
    [{ count: 1 }, 1],
    [{ count: 2 }, 2],
    [{ percent: 100 }, 3],
  ])('batches of %j: no more go back at once', async (batch, expected) => {
    const pace: Pace = { strategy: 'rolling', batch, maxUnavailable: undefined };
    const { most, states } = await carriedOut('d', rollout({ pace, onFailure: 'rollback-all' }));
    expect({ most, states }).toEqual({ most: expected, states: 'rolled-back rolled-back rolled-back rolled-back' });
  });

  test('max-unavailable that leaves none begins none, and says why', async () => {
    const pace: Pace = { strategy: 'all', batch: undefined, maxUnavailable: { count: 1 } };
    const { calls, outcomes } = await carriedOut('', rollout({ pace, unreachable: 1 }));
    expect(calls).toBe('');
    expect(outcomes[0]).toMatchObject({ state: 'not-begun', serving: 'old', changed: false });
    expect(outcomes[0]!.evidence['reason']).toContain('1 of 5 hosts');
  });
});
