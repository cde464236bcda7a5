import { log } from '../core/log.ts';
import { formatDuration } from '../core/units.ts';

const every = 15_000;

/**
 * Writes a line each 15 seconds while something takes long, until it is disposed.
 *
 * @param text what to say, given how long it has taken (`1m15s`)
 */
export function progressLine(text: (elapsed: string) => string, write: (line: string) => void = log.info): Disposable {
  const began = performance.now();
  const timer = setInterval(() => write(text(formatDuration(performance.now() - began))), every);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
