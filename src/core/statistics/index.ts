/** Sequential tests that may be looked at at any time. Pure: no clock, no randomness. */
export { excess, goodness, requestsNeeded } from './absolute.ts';
export { Analysis, type AnalysisPlan, type Limits, type Observation, type SavedAnalysis } from './analysis.ts';
export { type Budget, type BudgetPlan, budgetOf } from './budget.ts';
export { dispersion, unknownDispersion } from './dispersion.ts';
export { type Evidence, errors, type MetricRow, ownRequests, show } from './evidence.ts';
export { exceedance, exceedanceBound, exceedanceTolerance, type Histogram } from './exceedance.ts';
export type { MetricPlan } from './metric.ts';
export { type Count, type EProcess, type Tick, thinned } from './mixture.ts';
export { harm, nonInferiority } from './relative.ts';
export { type Sprt, sprt } from './sprt.ts';
export { sum } from './stratum.ts';
export { type SavedWatchdog, Watchdog } from './watchdog.ts';
