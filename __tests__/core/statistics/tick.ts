import type { Tick } from '../../../src/core/statistics/index.ts';

/** (requests, errors) of the canary, then of the baseline. */
export const tick = (nC: number, xC: number, nB: number, xB: number): Tick => ({
  canary: { requests: nC, errors: xC },
  baseline: { requests: nB, errors: xB },
});
