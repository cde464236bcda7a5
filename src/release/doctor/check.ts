/** What is looked at: slipway.yml and the files beside it, a host, or the workload in a cluster. */
export type Family = 'repository' | 'host' | 'cluster';

/** What one check came to at one place. What could not be looked at is `unknown`, never a pass. */
export interface Seen {
  readonly state: 'pass' | 'fail' | 'unknown';
  /** `slipway.yml:12`, `deploy@web1.example.com:22`, `Deployment/hello`. */
  readonly where: string;
  /** What was seen; of `unknown`, why nothing was. */
  readonly seen: string;
}

/** One line of the production checklist. */
export interface Check<Facts> {
  /** As `require` names it. */
  readonly id: string;
  /** A sentence that is true when it passes. */
  readonly title: string;
  /** What happens without it. */
  readonly reason: string;
  /** What to do. */
  readonly fix: string;
  /** `must` before real users are served; `should` is good to have. */
  readonly level: 'must' | 'should';
  /** Pure; nothing where it does not apply. */
  readonly look: (facts: Facts) => readonly Seen[];
}

/** A check of one family, at one place. */
export interface Finding extends Seen {
  readonly check: string;
  readonly family: Family;
}

export const pass = (where: string, seen = ''): Seen => ({ state: 'pass', where, seen });
export const fail = (where: string, seen: string): Seen => ({ state: 'fail', where, seen });
export const unknown = (where: string, seen: string): Seen => ({ state: 'unknown', where, seen });

/** Passes where nothing is wrong. */
export const judge = (where: string, wrong: readonly string[], fine = ''): Seen =>
  wrong.length === 0 ? pass(where, fine) : fail(where, wrong.join(', '));
