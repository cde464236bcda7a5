// Seeded randomness: the same numbers on every machine.

/** mulberry32: uniform in [0, 1). */
export function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Of n trials, those that succeed. Exact: the failures before each success are drawn, which costs n·p draws. */
export function binomial(random, n, p) {
  if (p <= 0) return 0;
  if (p >= 1) return n;
  const failing = Math.log(1 - p);
  let successes = 0;
  for (let at = 0; ; successes++) {
    at += Math.floor(Math.log(1 - random()) / failing) + 1;
    if (at > n) return successes;
  }
}

/** Events of a Poisson process; above a mean of 50 rounded from the normal distribution. */
export function poisson(random, mean) {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let events = 0;
  for (let product = random(); product > limit; product *= random()) events++;
  return events;
}

/** 1, 2, … with this mean. */
export function geometric(random, mean) {
  return mean <= 1 ? 1 : Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / mean)) + 1;
}
