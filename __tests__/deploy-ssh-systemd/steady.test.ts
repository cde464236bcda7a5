import { expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { whileSteady } from '../../src/deploy-ssh-systemd/steady.ts';

const never = new AbortController().signal;

test('what is done is the result, when nothing falls', async () => {
  expect(
    await whileSteady(
      async () => 'done',
      async () => undefined,
      never,
    ),
  ).toEqual({ done: 'done' });
});

test('what falls ends it at once', async () => {
  const began = Date.now();
  const seen = await whileSteady(
    signal => sleep(60_000, signal),
    async () => 'fell',
    never,
  );
  expect(seen).toEqual({ fell: 'fell' });
  expect(Date.now() - began).toBeLessThan(10_000);
});

test('errors of both come through, and an abort', async () => {
  const broken = async () => {
    throw new Error('broken');
  };
  await expect(whileSteady(broken, async () => undefined, never)).rejects.toThrow('broken');
  await expect(whileSteady(signal => sleep(60_000, signal), broken, never)).rejects.toThrow('broken');
  const controller = new AbortController();
  const running = whileSteady(
    signal => sleep(60_000, signal),
    async () => undefined,
    controller.signal,
  );
  controller.abort(new Error('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
});
