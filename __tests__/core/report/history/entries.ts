import type { Deployment } from '../../../../src/core/record/schema.ts';
import { type Entry, entrySchema } from '../../../../src/core/records/entry.ts';
import { host } from '../record.ts';

/** `at('05 10:30')` is that time in January 2026, UTC. */
export const at = (text: string) => `2026-01-${text.replace(' ', 'T')}:00.000Z`;

/** What was done in production, from when to when; `05 10:00` as `at` reads it. */
export function deployment(
  version: string,
  mode: string,
  state: Deployment['state'],
  [started, ended]: readonly [string, string],
  more: Partial<Entry> & { commit?: string } = {},
): Entry {
  const deployments = [host({ state, started: at(started), ended: at(ended) })];
  return { ...common(version, mode, started, ended), kind: 'deployment', state, deployments, ...more } as Entry;
}

export function verdict(
  version: string,
  state: 'verified' | 'failed' | 'inconclusive',
  [started, ended]: readonly [string, string],
): Entry {
  const verification = { verdict: state, checks: [], reasons: [], at: at(ended) };
  return { ...common(version, 'release', started, ended), kind: 'verdict', state, verification, deployments: [] };
}

function common(version: string, mode: string, started: string, ended: string) {
  return {
    schema: entrySchema,
    id: `${ended}-${version}-${mode}`,
    at: at(ended),
    by: 'octocat, acme/hello run 1 attempt 1',
    name: 'hello',
    version,
    environment: 'production',
    mode,
    started: at(started),
    ended: at(ended),
  } as const;
}

const commitTime = (text: string) => ({ commitTime: at(text) });

/** A fortnight, oldest first. The tests work out by hand what it comes to. */
export const fortnight: readonly Entry[] = [
  deployment('v1', 'release', 'healthy', ['05 10:00', '05 10:30'], commitTime('05 08:00')),
  verdict('v1', 'verified', ['05 10:30', '05 10:32']),
  // goes back by itself
  deployment('v2', 'release', 'rolled-back', ['06 09:40', '06 10:00'], commitTime('06 09:00')),
  // healthy for its gate, failed for the verification, taken back by hand
  deployment('v3', 'release', 'healthy', ['07 11:00', '07 11:10'], commitTime('07 10:00')),
  verdict('v3', 'failed', ['07 11:10', '07 11:15']),
  deployment('v1', 'rollback', 'healthy', ['07 11:40', '07 11:45'], commitTime('05 08:00')),
  // held in the middle, then resumed
  deployment('v4', 'release', 'paused', ['08 12:00', '08 12:06'], commitTime('08 06:00')),
  deployment('v4', 'resume', 'healthy', ['08 13:00', '08 13:20'], commitTime('08 06:00')),
  deployment('v4', 'deploy', 'unchanged', ['09 13:00', '09 13:01'], commitTime('08 06:00')),
  // nothing is healthy since
  deployment('v5', 'release', 'failed', ['19 09:30', '19 10:00'], commitTime('19 09:00')),
];
