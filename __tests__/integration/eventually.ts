import { sleep } from '../../src/core/deadline.ts';

/** Until it holds, within so many milliseconds; fails with what it is like in the end. What is soon over is looked at more often. */
export async function eventually(holds: () => Promise<void>, within = 40_000, every = 200): Promise<void> {
  for (const until = Date.now() + within; ; await sleep(every)) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() >= until) throw error;
    }
  }
}
