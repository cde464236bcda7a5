import type { GitHubApi } from './api.ts';
import { shortenLine } from './shorten.ts';

export interface CommitStatus {
  /** Full sha. */
  readonly commit: string;
  /** What the status is about; a later one with the same context replaces it: `slipway/production`. */
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** One sentence; GitHub shows 140 characters. */
  readonly description: string;
}

/** Sets the tick or cross beside a commit. How it ended is also told after a cancellation, within ten seconds. */
export async function commitStatus(api: GitHubApi, status: CommitStatus, signal: AbortSignal): Promise<void> {
  const { commit, context, state, description } = status;
  const doing = `setting the status ${context} of ${commit.slice(0, 12)}`;
  const { url } = api.place.run;
  const json = { context, state, description: shortenLine(description), ...(url === '' ? {} : { target_url: url }) };
  await api.trying(
    limited =>
      api.send({ doing, method: 'POST', path: `/statuses/${commit}`, json, needs: 'statuses: write' }, limited),
    state === 'pending'
      ? { doing, within: 60_000, signal }
      : { doing, within: 10_000, signal: new AbortController().signal },
  );
}
