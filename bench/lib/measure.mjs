// Rounds are interleaved (A B C A B C …): a machine whose speed drifts slows all contenders alike.

/** The middle of the samples. */
export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs every contender once to warm up and then once a round. A contender is { name, run() → number }; one that fails
 * fails the benchmark. Resolves with { NAME: [a sample a round] }.
 */
export async function measure(contenders, rounds) {
  const samples = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of contenders) {
      let sample;
      try {
        sample = await run();
      } catch (cause) {
        throw new Error(`${name} failed in round ${round}: ${cause.message}`, { cause });
      }
      if (!(sample > 0 && Number.isFinite(sample)))
        throw new Error(`${name} gave no number in round ${round}: ${sample}`);
      if (round > 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** For a contender that begins cold each time: there is nothing to warm up, and that call costs nothing. */
export function notFirst(run) {
  let first = true;
  return () => {
    if (!first) return run();
    first = false;
    return 1;
  };
}

/**
 * One row from the raw samples. `goal` is { most } for our median or { ratio } for the median of the rounds' ratios
 * (ours / peer).
 */
export function row({ name, ours, peer, goal }, samples) {
  const ratio = median(samples[ours].map((sample, round) => sample / samples[peer][round]));
  const met = goal.most === undefined ? ratio <= goal.ratio : median(samples[ours]) <= goal.most;
  return {
    name,
    ours: median(samples[ours]),
    peer: median(samples[peer]),
    ratio,
    goal: goal.most === undefined ? `ratio ≤ ${goal.ratio}` : `≤ ${goal.most}`,
    met,
  };
}
