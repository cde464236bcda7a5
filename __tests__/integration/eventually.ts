import { sleep } from '../../src/core/deadline.ts';

/** Until it holds; fails with what it is like in the end. */
export async function eventually(holds: () => Promise<void>): Promise<void> {
  for (const until = Date.now() + 40_000; ; await sleep(200)) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() >= until) throw error;
    }
  }
}
