/** What is known of a release before it is deployed. Undefined: it could not be found out. */
export interface RiskFacts {
  /** Lines added and removed since the release that serves. */
  readonly lines: number | undefined;
  /** Modules of go.mod and go.sum that came, went or changed. */
  readonly dependencies: number | undefined;
  /** Files of migrations that changed. */
  readonly migrations: number | undefined;
  /** Files of configuration that changed. */
  readonly configuration: number | undefined;
  /** 1 when the Go toolchain is another one. */
  readonly toolchain: number | undefined;
  /** Hooks and Jobs that run before the release does. */
  readonly before: number;
  /** Of the last ten deployments of the service, those that failed or were taken back. */
  readonly failures: number | undefined;
  /** 1 when the last one was. */
  readonly lastFailed: number | undefined;
}

export type RiskName = keyof RiskFacts;

export interface Weight {
  /** For people: `changed lines`. */
  readonly what: string;
  /** Points from so many on; increasing in both. */
  readonly steps: readonly (readonly [from: number, points: number])[];
  /** Points where it is not known: those of something in the middle, as nothing says that it is less. */
  readonly unknown: number;
}

/** What counts how much, all in points. */
export const weights: Readonly<Record<RiskName, Weight>> = {
  lines: {
    what: 'changed lines',
    steps: [
      [1, 5],
      [50, 10],
      [200, 15],
      [500, 20],
      [2000, 30],
    ],
    unknown: 20,
  },
  dependencies: {
    what: 'changed dependencies',
    steps: [
      [1, 5],
      [3, 10],
      [10, 20],
    ],
    unknown: 10,
  },
  migrations: {
    what: 'changed files of migrations',
    steps: [
      [1, 25],
      [3, 30],
    ],
    unknown: 15,
  },
  configuration: {
    what: 'changed files of configuration',
    steps: [
      [1, 5],
      [5, 10],
    ],
    unknown: 5,
  },
  toolchain: { what: 'another Go toolchain', steps: [[1, 10]], unknown: 5 },
  before: { what: 'hooks and Jobs that run before it', steps: [[1, 10]], unknown: 10 },
  failures: {
    what: 'failed or taken back of the last ten deployments',
    steps: [
      [1, 10],
      [2, 20],
      [4, 30],
    ],
    unknown: 15,
  },
  lastFailed: { what: 'the last deployment failed or was taken back', steps: [[1, 10]], unknown: 5 },
};

/** The points from which on a release has this level. */
export const levels = { low: 0, medium: 25, high: 60, 'very high': 85 } as const;

export type RiskLevel = keyof typeof levels;
