// The peers' rules. Each looks at every scrape and says `rollback`, `hold` (the weight stays) or nothing; `at` is the time in
// seconds, a whole minute at the end of each step.
import { isHigh } from './mann-whitney.mjs';

/** At most 1 % errors in the last minute, as in Flagger's and Argo's own examples. */
const wanted = 0.99;

/**
 * Flagger: a check a minute; one that fails holds the weight and is counted, and the check after the `threshold`-th rolls back.
 * https://github.com/fluxcd/flagger pkg/controller/scheduler.go, advanceCanary
 */
export function flagger(threshold) {
  const minute = lastMinute();
  let failed = 0;
  return {
    look(at, { users }) {
      const rate = minute(users.canary);
      if (at % 60 !== 0) return undefined;
      if (failed >= threshold) return 'rollback';
      if (!(rate < wanted)) return undefined;
      failed++;
      return 'hold';
    },
  };
}

/**
 * Argo Rollouts: a measurement a minute beside the steps; more than `limit` failed ones abort.
 * https://github.com/argoproj/argo-rollouts analysis/analysis.go, failureLimit
 */
export function argo(limit) {
  const minute = lastMinute();
  let failed = 0;
  return {
    look(at, { users }) {
      const rate = minute(users.canary);
      if (at % 60 === 0 && rate < wanted) failed++;
      return failed > limit ? 'rollback' : undefined;
    },
  };
}

/** Kayenta: judges the scrapes' error rates since the start after five minutes and at the end. */
export function kayenta() {
  const rates = { canary: [], baseline: [] };
  return {
    look(at, { users }) {
      for (const side of ['canary', 'baseline'])
        if (users[side].requests > 0) rates[side].push(users[side].errors / users[side].requests);
      return at % 300 === 0 && isHigh(rates.canary, rates.baseline) ? 'rollback' : undefined;
    },
  };
}

/** A z-test of two proportions at 1 %, one-sided, over everything since the start, looked at after every scrape. */
export function peekedZ() {
  const sums = { canary: { requests: 0, errors: 0 }, baseline: { requests: 0, errors: 0 } };
  return {
    look(_, { users }) {
      for (const side of ['canary', 'baseline'])
        for (const what of ['requests', 'errors']) sums[side][what] += users[side][what];
      const { canary, baseline } = sums;
      const pooled = (canary.errors + baseline.errors) / (canary.requests + baseline.requests);
      const spread = Math.sqrt(pooled * (1 - pooled) * (1 / canary.requests + 1 / baseline.requests));
      const difference = canary.errors / canary.requests - baseline.errors / baseline.requests;
      return difference / spread > 2.3263478740408408 ? 'rollback' : undefined;
    },
  };
}

/** The success rate of four scrapes; NaN without requests, which no rule takes for a failure. */
function lastMinute() {
  const scrapes = [];
  return count => {
    scrapes.push(count);
    if (scrapes.length > 4) scrapes.shift();
    const sum = what => scrapes.reduce((all, one) => all + one[what], 0);
    return 1 - sum('errors') / sum('requests');
  };
}
