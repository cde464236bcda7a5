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
 *
 * @param options `warmUp: false` leaves the first out; `rotate` begins each round with the next contender, for those
 *   that leave the machine warmer than they found it; `progress` gets a line a sample
 */
export async function measure(contenders, rounds, { warmUp = true, rotate = false, progress = () => {} } = {}) {
  const samples = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = warmUp ? 0 : 1; round <= rounds; round++) {
    const first = rotate ? round % contenders.length : 0;
    for (const { name, run } of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      let sample;
      try {
        sample = await run();
      } catch (cause) {
        throw new Error(`${name} failed in round ${round}: ${cause.message}`, { cause });
      }
      if (!(sample > 0 && Number.isFinite(sample)))
        throw new Error(`${name} gave no number in round ${round}: ${sample}`);
      progress(`round ${round}: ${name} ${sample.toFixed(2)}`);
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
 * One row from the raw samples. `goal`, without which a row only informs, is one of
 * { most }: our median; { ratio }: the median of the rounds' ratios (ours / peer); { more }: the median of the rounds'
 * differences (ours - peer); { ratio, orMore }: either of the two is enough.
 */
export function row({ name, ours, peer, goal, unit }, samples) {
  const [our, their] = [samples[ours], samples[peer]];
  const ratio = median(our.map((sample, round) => sample / their[round]));
  const more = median(our.map((sample, round) => sample - their[round]));
  return {
    name,
    ...(unit === undefined ? {} : { unit }),
    ours: median(our),
    oursRange: [Math.min(...our), Math.max(...our)],
    peer: median(their),
    peerRange: [Math.min(...their), Math.max(...their)],
    ratio,
    more,
    goal: goalText(goal),
    met: isMet(goal, { ours: median(our), ratio, more }),
  };
}

function goalText({ most, ratio, more, orMore } = {}) {
  if (most !== undefined) return `≤ ${most}`;
  if (more !== undefined) return `+${more} at most`;
  if (ratio === undefined) return '';
  return orMore === undefined ? `ratio ≤ ${ratio}` : `ratio ≤ ${ratio} or +${orMore}`;
}

/** Undefined without a goal. */
function isMet(goal, { ours, ratio, more }) {
  if (goal === undefined) return undefined;
  if (goal.most !== undefined) return ours <= goal.most;
  if (goal.more !== undefined) return more <= goal.more;
  return ratio <= goal.ratio || (goal.orMore !== undefined && more <= goal.orMore);
}
