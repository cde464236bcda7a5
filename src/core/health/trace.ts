import type { AddressTried, Certificate, Phases } from './observation.ts';

/** Notes of one attempt while it runs, so that a failure can say how far it came. */
export class Trace {
  readonly addresses: AddressTried[] = [];
  readonly redirects: string[] = [];
  certificate: Certificate | undefined;
  chain: readonly Certificate[] = [];
  anchor: string | undefined;
  status: number | undefined;
  bodyHead: string | undefined;
  /** The phase that has begun and not ended. */
  phase: keyof Phases | undefined;
  #began = 0;
  #phases: Record<string, number> = {};

  enter(phase: keyof Phases): void {
    this.phase = phase;
    this.#began = performance.now();
  }

  leave(phase: keyof Phases): void {
    this.#phases[phase] = performance.now() - this.#began;
    this.phase = undefined;
  }

  /** What was reached; an unfinished phase counts up to now. */
  phases(): Phases {
    if (this.phase === undefined) return this.#phases;
    return { ...this.#phases, [this.phase]: performance.now() - this.#began };
  }

  /** Before a redirect is followed: phases, status and body are those of the last request. */
  again(url: string): void {
    this.redirects.push(url);
    this.#phases = {};
    this.status = undefined;
    this.bodyHead = undefined;
  }
}
