/** What one build took at its peak, bytes, and with which `-p`. */
export interface Measured {
  /** The go command itself. */
  readonly go: number;
  /** Its largest compile or link. */
  readonly tool: number;
  /** Everything together: go, the largest tool and those beside it. */
  readonly peak: number;
  readonly p: number;
}

/** How many `go build` at once, and the `-p` of each. */
export interface Parallelism {
  readonly builds: number;
  readonly p: number;
}

export interface Situation {
  readonly cores: number;
  /** Programs still to build, those at work included. */
  readonly left: number;
  /** Bytes for all builds together; infinite where nothing is known. */
  readonly budget: number;
  /** Nothing is measured yet when the first ones start. */
  readonly measured?: Measured | undefined;
  /** What became clear on the way: more than this did not go well. */
  readonly most?: Parallelism;
}

const mib = 2 ** 20;

/** A service with gin, client_golang and zap; what is larger shows itself while it is built. */
export const typical: Measured = { go: 60 * mib, tool: 250 * mib, peak: 450 * mib, p: 2 };

/** Bytes of one build with another `-p`: go and its largest tool stay, those beside it are more or fewer. */
export function footprint({ go, tool, peak, p }: Measured, other: number): number {
  const beside = p > 1 ? Math.max(0, peak - go - tool) / (p - 1) : tool;
  return go + tool + beside * (other - 1);
}

/** Half as much again as a build's share of the cores: a link uses one core only, and others may take over. */
export function shareOf(cores: number, builds: number): number {
  return Math.max(2, Math.ceil((1.5 * cores) / builds));
}

/**
 * As many compiles at once as the cores can use, as far as they fit into memory; among equals more builds at once, since
 * links then overlap. What fits nowhere is built alone, one package at a time.
 */
export function planParallelism({ cores, left, budget, measured = typical, most }: Situation): Parallelism {
  const useful = Math.ceil(1.5 * cores);
  let best = { builds: 1, p: 1, used: 1 };
  for (let builds = 1; builds <= Math.min(left, cores, most?.builds ?? cores); builds++) {
    for (let p = 1; p <= Math.min(shareOf(cores, builds), most?.p ?? useful + 1); p++) {
      if (builds * footprint(measured, p) > budget) continue;
      const used = Math.min(builds * p, useful);
      if (used > best.used || (used === best.used && builds >= best.builds)) best = { builds, p, used };
    }
  }
  return { builds: best.builds, p: best.p };
}
