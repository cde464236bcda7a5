import { SlipwayError } from '../errors.ts';
import { formatDuration, parseDuration } from '../units.ts';

/** What the latencies of a check may be: `p95 < 300ms over 50`. */
export interface Budget {
  /** 0.95 for p95. */
  readonly share: number;
  /** Milliseconds. */
  readonly limit: number;
  /** Samples that are needed before anything is said. */
  readonly over: number;
}

const form = /^p(\d{1,2}(?:\.\d+)?)\s*<\s*(\S+)\s+over\s+(\d+)$/;

/** @throws SlipwayError LATENCY_INVALID; a percentile needs so many samples that one at least lies beyond it */
export function parseBudget(text: string): Budget {
  const match = form.exec(text.trim());
  const [share, over] = [Number(match?.[1]) / 100, Number(match?.[3])];
  const hint = 'Write a percentile, a limit and the number of samples: p95 < 300ms over 50.';
  if (match === null || share <= 0) {
    throw new SlipwayError('LATENCY_INVALID', `"${text}" is not a latency budget`, { hint });
  }
  const least = Math.ceil(1 / (1 - share) - 1e-9);
  if (over < least || over > 100_000) {
    throw new SlipwayError(
      'LATENCY_INVALID',
      `"${text}": p${match[1]} says nothing over ${over} samples; it needs ${least} to 100000`,
      { hint },
    );
  }
  return { share, limit: parseDuration(match[2]!), over };
}

export function formatBudget({ share, limit, over }: Budget): string {
  return `p${Number((share * 100).toFixed(3))} < ${formatDuration(limit)} over ${over}`;
}
