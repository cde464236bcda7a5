/** Probes and verdicts: the gate of both deploy actions and the engine of verify-health. */
export type { Check, HttpCheck, NetworkCheck, TcpCheck } from './check.ts';
export type { Connect } from './connect.ts';
export { type GateOptions, type GateResult, gate } from './gate.ts';
export type { Certificate, Observation, Phases, Reason } from './observation.ts';
export { parseChecks, parseEveryCheck } from './parse-checks.ts';
export { latencies, percentile } from './percentiles.ts';
export { type ProbeOptions, probe } from './probe.ts';
export type { Reach } from './reach.ts';
export type { Bucket } from './series.ts';
export type { Attempt, CheckResult } from './watch.ts';
