/** One line of the host's history: what happened to a deployment in the end. */
export interface HistoryEntry {
  /** Seconds since the epoch, by the host's clock. */
  readonly at: number;
  readonly token: string;
  /** `confirmed`, or `reverted-` and why. */
  readonly result: string;
  readonly kind: string;
  readonly release: string;
  /** Empty at a first deploy. */
  readonly previous: string;
  readonly by: string;
}

export function parseHistory(text: string): HistoryEntry[] {
  return text.split('\n').flatMap(line => {
    const [at, token, result, kind, release, previous, by] = line.split(' ');
    if (by === undefined) return [];
    return [
      {
        at: Number(at),
        token: token!,
        result: result!,
        kind: kind!,
        release: release!,
        previous: previous === '-' ? '' : previous!,
        by: Buffer.from(by, 'base64').toString('utf8'),
      },
    ];
  });
}

/**
 * The releases that were served, oldest first, the present one last. A deployment puts its release on top; a rollback
 * takes everything above its release away: rolling back twice goes back two releases, not to and fro.
 */
export function served(history: readonly HistoryEntry[]): string[] {
  const stack: string[] = [];
  for (const { result, kind, release } of history) {
    const at = stack.lastIndexOf(release);
    // a first release that went back with its batch
    if (result === 'reverted-withdrawn' && at >= 0) stack.splice(at);
    if (result !== 'confirmed') continue;
    if (kind === 'rollback' && at >= 0) stack.splice(at + 1);
    else if (stack.at(-1) !== release) stack.push(release);
  }
  return stack;
}

/** The release that a rollback goes to: the one before the present one that is still on the host. */
export function previousOf(history: readonly HistoryEntry[], current: string, releases: readonly string[]): string {
  const stack = served(history);
  const below = stack.slice(0, Math.max(0, stack.lastIndexOf(current)));
  return below.findLast(id => id !== current && releases.includes(id)) ?? '';
}

/**
 * What can go: all but the present release, the one that a rollback needs, and the most recently served up to `keep`; last
 * of all those that a rollback left above it, which one may want to come back to.
 */
export function releasesToPrune(
  history: readonly HistoryEntry[],
  current: string,
  releases: readonly string[],
  keep: number,
): string[] {
  const confirmed = history.filter(({ result }) => result === 'confirmed').map(({ release }) => release);
  const recent = [
    current,
    previousOf(history, current, releases),
    ...served(history).reverse(),
    ...confirmed.reverse(),
  ];
  const kept = new Set(
    recent
      .filter(id => releases.includes(id))
      .filter((id, index, all) => all.indexOf(id) === index)
      .slice(0, keep),
  );
  return releases.filter(id => !kept.has(id));
}
