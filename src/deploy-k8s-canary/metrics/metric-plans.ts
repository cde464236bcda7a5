import { type MetricPlan, ownRequests } from '../../core/statistics/index.ts';
import type { Options } from '../options.ts';
import type { RolloutPlan } from '../work.ts';

/**
 * What the analysis compares: own requests, where pods can be asked, and each metric of users. They are metrics of their own, since
 * pods count own requests too: their e-values may be averaged, however they depend on each other.
 */
export function metricPlans(
  { port, metrics }: Pick<RolloutPlan, 'port' | 'metrics'>,
  { probes }: Options,
): MetricPlan[] {
  const asked = probes.length > 0 && port !== undefined;
  const own: MetricPlan[] = asked || metrics.length === 0 ? [{ name: ownRequests, better: 'lower' }] : [];
  const users = metrics.map(
    ({ name, better, tolerance, history }): MetricPlan => ({ name, better, tolerance, phi: history.phi }),
  );
  return [...own, ...users];
}
