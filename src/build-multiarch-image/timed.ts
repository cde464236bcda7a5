import type { Span } from '../core/summary.ts';

/** Runs a task and notes when it began and ended, also when it failed. */
export async function timed<T>(spans: Span[], name: string, task: () => Promise<T>): Promise<T> {
  const start = Date.now();
  let failed = true;
  try {
    const result = await task();
    failed = false;
    return result;
  } finally {
    spans.push({ name, start, end: Date.now(), failed });
  }
}
