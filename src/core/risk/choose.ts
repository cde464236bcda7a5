import type { RiskLevel } from './weights.ts';

/** How a release goes over the hosts, the boldest first. */
export const hostStrategies = {
  low: { strategy: 'all', soak: 1 },
  medium: { strategy: 'rolling', soak: 1 },
  high: { strategy: 'canary', soak: 1 },
  /** `soak`: times `soak-time`. */
  'very high': { strategy: 'canary', soak: 3 },
} as const satisfies Record<RiskLevel, { strategy: string; soak: number }>;

/** How a release gets its traffic on a cluster, the boldest first; steps in percent. */
export const clusterStrategies = {
  low: { strategy: 'rolling', steps: [] },
  medium: { strategy: 'canary', steps: [0, 25, 100] },
  high: { strategy: 'canary', steps: [0, 10, 25, 50, 100] },
  'very high': { strategy: 'canary', steps: [0, 2, 5, 10, 25, 50, 100] },
} as const satisfies Record<RiskLevel, { strategy: string; steps: readonly number[] }>;
