import { formatTarget } from '../../core/target.ts';
import type { WantedTarget } from '../targets-value.ts';

/** Some of the targets, for one job. */
export interface Shard {
  readonly targets: readonly WantedTarget[];
  /** What they cost together. */
  readonly cost: number;
}

/**
 * Divides the targets into jobs of about the same length: the dearest first, each to the job that has least to do
 * (longest processing time first; at most 4/3 of the best division, Graham 1969). The same targets give the same jobs, in
 * whatever order they are written. There are never more jobs than targets.
 */
export function shardsOf(targets: readonly WantedTarget[], count: number): Shard[] {
  const jobs = Array.from({ length: Math.min(count, targets.length) }, () => ({
    targets: [] as WantedTarget[],
    cost: 0,
  }));
  const byCost = [...targets].sort((a, b) => costOf(b) - costOf(a) || (formatTarget(a) < formatTarget(b) ? -1 : 1));
  for (const target of byCost) {
    const job = jobs.reduce((least, one) => (one.cost < least.cost ? one : least));
    job.targets.push(target);
    job.cost += costOf(target);
  }
  return jobs;
}

/**
 * CPU time of a cold build (encoding/json, Go 1.26) in hundredths of that for linux/amd64. Targets share nothing of the
 * standard library, not even those of one architecture, so each counts in full.
 */
const costs: Record<string, number> = {
  ...{ amd64: 100, '386': 102, arm: 100, arm64: 110, loong64: 96, riscv64: 121, s390x: 105, wasm: 94 },
  ...{ mips: 108, mipsle: 106, mips64: 108, mips64le: 110, ppc64: 101, ppc64le: 104 },
};

const costOf = ({ arch }: WantedTarget): number => costs[arch] ?? 100;
