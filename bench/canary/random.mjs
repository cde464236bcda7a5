// Seeded randomness: the same numbers on every machine.
const { cos, exp, floor, imul, log, max, round, sqrt } = Math;

/** mulberry32: uniform in [0, 1). */
export function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Of n trials, those that succeed. Exact: the failures before each success are drawn, which costs n·p draws. */
export function binomial(random, n, p) {
  if (p <= 0) return 0;
  if (p >= 1) return n;
  const failing = log(1 - p);
  let successes = 0;
  for (let at = 0; ; successes++) {
    at += floor(log(1 - random()) / failing) + 1;
    if (at > n) return successes;
  }
}

/** Events of a Poisson process; above a mean of 50 rounded from the normal distribution. */
export function poisson(random, mean) {
  if (mean > 50) {
    const normal = sqrt(-2 * log(1 - random())) * cos(2 * Math.PI * random());
    return max(0, round(mean + sqrt(mean) * normal));
  }
  const limit = exp(-mean);
  let events = 0;
  for (let product = random(); product > limit; product *= random()) events++;
  return events;
}

/** 1, 2, … with this mean. */
export function geometric(random, mean) {
  return mean <= 1 ? 1 : floor(log(1 - random()) / log(1 - 1 / mean)) + 1;
}
