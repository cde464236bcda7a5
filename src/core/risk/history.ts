import type { Entry } from '../records/entry.ts';
import type { RiskFacts } from './weights.ts';

/** What the records say of a service. */
export interface History extends Pick<RiskFacts, 'failures' | 'lastFailed'> {
  /** Of the release that was brought there last, forth or back, and stayed; undefined where there is none. */
  readonly serving: { readonly version: string; readonly commit: string | undefined } | undefined;
}

/** Modes that bring a release. */
const forth: readonly string[] = ['deploy', 'release', 'promote'];
/** Deployments that are looked at. */
const looked = 10;

/**
 * What happened to the deployments of a service: a release over several hosts is one, and as bad as its worst. Those that
 * changed nothing, and those that are under way, say nothing. Pure.
 *
 * @param entries newest first
 * @param service as deployments have it: `hello`, `Deployment/hello`
 */
export function readHistory(entries: readonly Entry[], service: string): History {
  const moves = entries.flatMap(entry => {
    if (entry.kind !== 'deployment' || ![...forth, 'rollback'].includes(entry.mode)) return [];
    const states = entry.deployments.filter(one => one.service === service).map(({ state }) => state);
    const failed = states.some(state => ['failed', 'rolled-back', 'inconclusive'].includes(state));
    return failed || states.includes('healthy') ? [{ failed, entry }] : [];
  });
  const last = moves.filter(({ entry }) => forth.includes(entry.mode)).slice(0, looked);
  const good = moves.find(({ failed }) => !failed)?.entry;
  return {
    serving: good === undefined ? undefined : { version: good.version, commit: good.commit },
    failures: last.length === 0 ? undefined : last.filter(({ failed }) => failed).length,
    lastFailed: last.length === 0 ? undefined : Number(last[0]!.failed),
  };
}
