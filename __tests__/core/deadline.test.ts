import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { deadline, retry, sleep } from '../../src/core/deadline.ts';
import { SlipwayError } from '../../src/core/errors.ts';
import { run } from '../../src/core/process.ts';

const never = new AbortController().signal;
const options = { doing: 'knocking', signal: never, attempts: 4, within: 5000, pause: 1, retriable: () => true };

describe('retry', () => {
  test('tries until it succeeds, and says what it saw', async () => {
    const seen: string[] = [];
    const result = await retry(
      async (_, attempt) => {
        if (attempt < 3) throw new Error(`no ${attempt}`);
        return attempt;
      },
      { ...options, onRetry: error => seen.push((error as Error).message) },
    );
    expect([result, seen]).toEqual([3, ['no 1', 'no 2']]);
  });

  test('gives up after the tries, with their number, the last cause and the hint', async () => {
    const failing = retry(
      () => Promise.reject(new SlipwayError('REFUSED', 'refused', { hint: 'open the door' })),
      options,
    );
    await expect(failing).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'knocking failed after 4 tries: refused',
      hint: 'open the door',
    });
  });

  test('a final error is thrown at once, as it is', async () => {
    let tries = 0;
    const final = new Error('final');
    const failing = retry(
      () => {
        tries++;
        return Promise.reject(final);
      },
      { ...options, retriable: () => false },
    );
    await expect(failing).rejects.toBe(final);
    expect(tries).toBe(1);
  });

  test('ends with the deadline although tries are left', async () => {
    const began = performance.now();
    await expect(retry(signal => sleep(10_000, signal), { ...options, within: 50 })).rejects.toThrow(
      /knocking took longer than 0.05 s/,
    );
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('when time runs out between tries, the last thing seen is told', async () => {
    const refused = () => Promise.reject(new SlipwayError('REFUSED', 'the door is shut', { hint: 'open it' }));
    await expect(retry(refused, { ...options, attempts: 1000, within: 200, pause: 40 })).rejects.toMatchObject({
      code: 'DEADLINE',
      message: expect.stringMatching(
        /^knocking failed after \d+ tries: knocking took .*; the last one: the door is shut$/,
      ),
      hint: 'open it',
    });
  });

  test('ends when cancelled', async () => {
    const controller = new AbortController();
    const running = retry(signal => sleep(10_000, signal), { ...options, signal: controller.signal });
    controller.abort(new SlipwayError('CANCELLED', 'cancelled'));
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('deadline', () => {
  test('an aborted parent aborts it at once', () => {
    using limited = deadline(1000, 'x', AbortSignal.abort(new Error('before')));
    expect(limited.reason).toMatchObject({ message: 'before' });
  });

  test('one of more days than a timer can wait does not end at once', async () => {
    const controller = new AbortController();
    using limited = deadline(31 * 86_400_000, 'x', controller.signal);
    const long = sleep(31 * 86_400_000, limited);
    expect(await Promise.race([long, sleep(100).then(() => 'waits')])).toBe('waits');
    expect(limited.aborted).toBe(false);
    controller.abort(new Error('enough'));
    await expect(long).rejects.toThrow('enough');
  });

  test('ends a wait for what nobody will answer', async () => {
    // In a process of its own: with nothing else to wait for, Node would end without a word.
    const source = pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'core', 'deadline.ts')).href;
    const script = `import { deadline } from '${source}';
      using limited = deadline(100, 'asking');
      await new Promise((_, reject) => limited.addEventListener('abort', () => reject(limited.reason)));`;
    const { code, stderr } = await run([process.execPath, '--input-type=module', '-e', script], {
      timeout: 10_000,
      accept: [1, 13],
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('asking took longer than 0.1 s')]);
  });
});
