// Kayenta's judgement of a metric: the confidence interval of the shift between two samples, from the Mann-Whitney U test.
// https://github.com/spinnaker/kayenta kayenta-judge/…/classifiers/metric/MannWhitneyClassifier.scala, and
// kayenta-mannwhitney/…/MannWhitney.scala, which follows R's wilcox.test (asymptotic, with continuity correction).
const quantile = 2.3263478740408408; // of the normal distribution at 0.99: two-sided confidence of 0.98
const tolerance = 0.25;

/** Whether Kayenta calls the canary's values high: the interval lies above a quarter of the estimated shift. */
export function isHigh(canary, baseline) {
  const shifts = canary.flatMap(x => baseline.map(y => x - y)).sort((a, b) => b - a);
  const [m, n] = [canary.length, baseline.length];
  const sigma = Math.sqrt(((m * n) / 12) * (m + n + 1 - (ties(canary) + ties(baseline)) / ((m + n) * (m + n - 1))));
  if (!(sigma > 0)) return false;
  // U(d) = pairs whose shift is above d: where it crosses a bound, there is the bound's shift
  const at = u => shifts[Math.min(m * n - 1, Math.max(0, Math.floor(u)))];
  const lower = at((m * n) / 2 + quantile * sigma + 0.5);
  const estimate = at((m * n) / 2);
  return lower > tolerance * Math.abs(estimate);
}

/** Σ (t³ − t) over the values that occur t times. */
function ties(values) {
  const times = new Map();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return [...times.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
}
