import { describe, expect, test } from '@jest/globals';
import { prove } from '../../../src/verify-health/identity/prove.ts';
import type { Look, Subject } from '../../../src/verify-health/identity/subject.ts';

const signal = new AbortController().signal;
const base = { detail: 'seen', anchor: '1', evidence: {}, final: true } as const;
const asBuilt: Look = { ...base, state: 'as-built' };
const other: Look = { ...base, state: 'other', reason: 'other-binary' };
const starting: Look = { ...base, state: 'other', reason: 'unit-inactive', final: false, anchor: '0' };
const lost: Look = { ...base, state: 'unseen', reason: 'unreachable', final: false };

/** A place that shows one thing after the other, then the last one for good. */
const showing = (...looks: ((count: number) => Look)[]): Subject => {
  let count = 0;
  return {
    name: 'place',
    expected: 'x',
    look: async () => {
      const look = looks[Math.min(count, looks.length - 1)]!(count);
      count++;
      return look;
    },
    journal: async () => [],
    close: async () => undefined,
  };
};

describe('prove', () => {
  const options = { deadline: 4000, hold: 0, signal };

  test('replaced again and again, and the last look saw nothing: failed', async () => {
    const flapping = showing(count =>
      count % 2 === 0 ? { ...asBuilt, anchor: String(count) } : { ...lost, final: false },
    );
    const found = await prove(flapping, { ...options, deadline: 900 });
    expect(found).toMatchObject({ verdict: 'failed', reason: 'restarting' });
  });

  test('one look is no proof: the same process for at least a second', async () => {
    const began = performance.now();
    const finding = await prove(
      showing(() => asBuilt),
      options,
    );
    expect(finding).toMatchObject({ verdict: 'passed', kind: 'identity' });
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
    expect(finding.attempts).toBeGreaterThan(1);
  });

  test('waits for a start, and for a host that comes back', async () => {
    const finding = await prove(
      showing(
        () => starting,
        () => lost,
        () => asBuilt,
      ),
      options,
    );
    expect(finding.verdict).toBe('passed');
  });

  test('another binary at rest is a failure long before the deadline', async () => {
    const began = performance.now();
    expect(
      await prove(
        showing(() => other),
        options,
      ),
    ).toMatchObject({ verdict: 'failed', reason: 'other-binary' });
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('a process that is replaced again and again', async () => {
    const crashing = showing(count => ({ ...asBuilt, anchor: String(count) }));
    const finding = await prove(crashing, { ...options, deadline: 1500 });
    expect(finding).toMatchObject({ verdict: 'failed', reason: 'restarting' });
  });

  test('what cannot be read for a moment, as a process that is just being started, is looked at again', async () => {
    const starting: Look = { ...lost, reason: 'no-access', final: true, anchor: '0' };
    const subject = showing(
      () => starting,
      () => asBuilt,
    );
    expect(await prove(subject, options)).toMatchObject({ verdict: 'passed' });
  });

  test('what cannot be seen is inconclusive, never a failure and never a pass', async () => {
    const refused: Look = { ...lost, reason: 'no-access', final: true };
    expect(
      await prove(
        showing(() => refused),
        options,
      ),
    ).toMatchObject({ verdict: 'inconclusive', reason: 'no-access' });
    expect(
      await prove(
        showing(() => lost),
        { ...options, deadline: 500 },
      ),
    ).toMatchObject({ verdict: 'inconclusive', reason: 'unreachable' });
  });

  test('a hold that the deadline cuts off is inconclusive', async () => {
    const finding = await prove(
      showing(() => asBuilt),
      { deadline: 1200, hold: 3000, signal },
    );
    expect(finding).toMatchObject({ verdict: 'inconclusive', reason: 'deadline' });
  });

  test('a look that hangs ends at the deadline; a cancelled one with its reason', async () => {
    const hanging: Subject = {
      ...showing(() => asBuilt),
      look: inner => new Promise((_, reject) => inner.addEventListener('abort', () => reject(inner.reason))),
    };
    expect(await prove(hanging, { ...options, deadline: 300 })).toMatchObject({
      verdict: 'inconclusive',
      reason: 'no-samples',
    });
    const reason = new Error('cancelled');
    const cancelled = prove(hanging, { ...options, signal: AbortSignal.any([signal, abortIn(50, reason)]) });
    await expect(cancelled).rejects.toBe(reason);
  });
});

function abortIn(ms: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ms);
  return controller.signal;
}
