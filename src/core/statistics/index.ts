/** Sequential tests that may be looked at at any time. Pure: no clock, no randomness. */
export { excess, goodness, requestsNeeded } from './absolute.ts';
export type { Count, EProcess, Tick } from './mixture.ts';
export { harm, nonInferiority } from './relative.ts';
export { type Sprt, sprt } from './sprt.ts';
export { Analysis, type Evidence, type Limits, show, Watchdog } from './verdict.ts';
