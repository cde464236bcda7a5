// The action's own analysis, with the code that it runs.
import { Analysis, dispersion, errors, ownRequests, unknownDispersion } from '../../src/core/statistics/index.ts';

export const limits = { alpha: 0.01, beta: 0.05, tolerance: 0.01 };

/** @param options `grouped`: each group is a stratum; `phi` in place of the one from the history */
export function ours({ grouped = false, phi: given, steps = 10 } = {}) {
  return traffic => {
    const phi = given ?? dispersion(traffic.history()) ?? unknownDispersion;
    const analysis = new Analysis({ ...limits, steps });
    let shown;
    return {
      look(at, { users, groups, probes }, step) {
        analysis.beginStep(step);
        const ticks = grouped ? groups : [users];
        const observations = ticks.map((tick, group) => ({
          metric: errors,
          group: grouped ? `${group}` : '',
          tick,
          phi,
        }));
        if (probes !== undefined) observations.push({ metric: errors, group: ownRequests, tick: probes, phi: 1 });
        analysis.add(observations);
        const { decision } = analysis.evidence;
        if (decision === 'promote') shown ??= at;
        return decision === 'rollback' ? 'rollback' : undefined;
      },
      end: () => (analysis.evidence.decision === 'promote' ? 'promoted' : 'inconclusive'),
      /** When the evidence sufficed to promote for the first time. */
      get shown() {
        return shown;
      },
    };
  };
}
