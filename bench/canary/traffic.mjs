// The simulated service: users' requests to canary and baseline by weight, and how many of them fail.
import { binomial, generator, geometric, poisson } from './random.mjs';

/** Seconds between two scrapes. */
export const scrape = 15;

/**
 * A release's traffic, the same for every rule as long as the weights are the same. A cell is { rps, old, fresh, late, burst,
 * incident: { from, to, rate }, groups: { count, old, fresh }, probes }: error rates of the old and the new release, the second from
 * `late` seconds on; errors come in bursts of this mean; in an incident both fail at its rate; the first of so many equal
 * groups has error rates of its own; own requests a second to each side.
 */
export class Traffic {
  #cell;
  #random;
  #history;

  constructor(cell, seed) {
    this.#cell = cell;
    this.#random = generator(seed);
    this.#history = generator(seed ^ 0x5bd1e995);
  }

  /** Errors by tick and pod of the old release before the rollout: 15 minutes, ten pods with equal traffic. */
  history() {
    const { rps, old, burst } = this.#cell;
    const pod = () => errorsOf(this.#history, poisson(this.#history, (rps * scrape) / 10), old, burst);
    return Array.from({ length: (15 * 60) / scrape }, () => Array.from({ length: 10 }, pod));
  }

  /** What came in the scrape that ends at `time`, with the canary at `weight` percent: a tick a group, and one of probes. */
  scrape(time, weight) {
    const { rps, groups, probes } = this.#cell;
    const count = groups?.count ?? 1;
    const ticks = Array.from({ length: count }, (_, group) =>
      this.#tick(time, (rps * scrape) / count, weight / 100, group),
    );
    return {
      groups: ticks,
      users: ticks.reduce(added),
      probes: probes && this.#tick(time, 2 * probes * scrape, 0.5),
    };
  }

  #tick(time, requests, share, group) {
    const { late = 0, burst, incident, groups } = this.#cell;
    const { old, fresh } = group === 0 && groups !== undefined ? groups : this.#cell;
    const shared = incident && time > incident.from && time <= incident.to ? incident.rate : 0;
    return {
      canary: this.#count(requests * share, Math.max(shared, time > late ? fresh : old), burst),
      baseline: this.#count(requests * (1 - share), Math.max(shared, old), burst),
    };
  }

  #count(mean, rate, burst) {
    const requests = poisson(this.#random, mean);
    return { requests, errors: errorsOf(this.#random, requests, rate, burst) };
  }
}

/** The error rate is the same, however they come. */
function errorsOf(random, requests, rate, burst = 1) {
  const begun = binomial(random, requests, rate / burst);
  if (burst === 1) return begun;
  let errors = 0;
  for (let i = 0; i < begun; i++) errors += geometric(random, burst);
  return Math.min(errors, requests);
}

function added(a, b) {
  const sum = (x, y) => ({ requests: x.requests + y.requests, errors: x.errors + y.errors });
  return { canary: sum(a.canary, b.canary), baseline: sum(a.baseline, b.baseline) };
}
