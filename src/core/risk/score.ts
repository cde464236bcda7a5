import { levels, type RiskFacts, type RiskLevel, type RiskName, type Weight, weights } from './weights.ts';

/** One line of a score. */
export interface ScoreLine {
  readonly name: RiskName;
  /** Undefined: not known. */
  readonly seen: number | undefined;
  readonly points: number;
}

export interface Score {
  readonly total: number;
  readonly level: RiskLevel;
  /** In the order of the weights, all of them. */
  readonly lines: readonly ScoreLine[];
}

/** Adds up what is known, and what is not. Pure; more of anything is never fewer points. */
export function scoreOf(facts: RiskFacts): Score {
  const lines = (Object.keys(weights) as RiskName[]).map(name => {
    const seen = facts[name];
    return { name, seen, points: pointsOf(weights[name], seen) };
  });
  const total = lines.reduce((sum, { points }) => sum + points, 0);
  return { total, level: levelOf(total), lines };
}

function pointsOf({ steps, unknown }: Weight, seen: number | undefined): number {
  if (seen === undefined) return unknown;
  return steps.findLast(([from]) => seen >= from)?.[1] ?? 0;
}

function levelOf(total: number): RiskLevel {
  const all = Object.entries(levels) as [RiskLevel, number][];
  return all.findLast(([, from]) => total >= from)![0];
}
