import { Mixture, type Tick } from './mixture.ts';

/*
 * The canary's error rate against the baseline's, given all errors of a tick: of x = xC + xB errors each falls to the canary
 * with probability ρr/(ρr + 1−ρ), where ρ = nC/(nC+nB) is the canary's share of the requests and r the ratio of the rates.
 * The base rate cancels out. An incident that both share, or a weight that changes, therefore is no evidence.
 *
 *   log E_k += xC·ln(r_k/r0) − x·ln[(ρ·r_k + 1−ρ) / (ρ·r0 + 1−ρ)],   E = mean of E_k
 *
 * Ticks (50,0,950,1), (50,1,950,1), (50,2,950,0), (250,4,750,1), as (nC,xC,nB,xB), give 0.660483, 2.255646, 145.652767, 3117.611.
 * Lindon & Malek (arXiv 2011.03567); Lindon et al. (2205.14762).
 */
function conditional(r0: number, ratios: readonly number[], logs?: readonly number[]): Mixture<Tick> {
  const step = (k: number, { canary, baseline }: Tick) => {
    const requests = canary.requests + baseline.requests;
    const errors = canary.errors + baseline.errors;
    if (requests === 0 || errors === 0) return 0;
    const share = canary.requests / requests;
    const mixed = (ratio: number) => share * ratio + 1 - share;
    return canary.errors * Math.log(ratios[k]! / r0) - errors * Math.log(mixed(ratios[k]!) / mixed(r0));
  };
  return new Mixture(ratios.length, step, logs);
}

const worse = Array.from({ length: 12 }, (_, k) => 2 ** ((k + 1) / 2));
const better = Array.from({ length: 6 }, (_, k) => 1 / 2 ** ((k + 1) / 2));

/** Evidence that the canary is worse. Null: its error rate is at most the baseline's. Roll back at e ≥ 1/α. */
export function harm(logs?: readonly number[]): Mixture<Tick> {
  return conditional(1, worse, logs);
}

/** Evidence that the canary is not much worse. Null: its error rate is at least `margin` times the baseline's. */
export function nonInferiority(margin = 3, logs?: readonly number[]): Mixture<Tick> {
  return conditional(
    margin,
    better.map(factor => margin * factor),
    logs,
  );
}
