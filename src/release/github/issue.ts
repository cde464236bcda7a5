import type { GitHubApi } from './api.ts';
import { type Authored, isTrusted, marked, startsMarked } from './marker.ts';
import { bodyLimit, shortenBody } from './shorten.ts';

/** What there is to report, or that there is nothing any more. */
export interface IssueRequest {
  /** Which of our issues it is: `audit production`. */
  readonly marker: string;
  readonly title: string;
  readonly markdown: string;
  /** `closed`: an open one is closed with the text as its last comment; without one nothing is written. */
  readonly state: 'open' | 'closed';
}

interface Issue extends Authored {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null;
  readonly state: string;
  /** There when it is a pull request: GitHub lists both. */
  readonly pull_request?: unknown;
}

const needs = 'issues: write';
/** By it ours are found without reading all issues of the repository; GitHub makes it at its first use. */
const label = 'slipway';
const mostPages = 5;

/**
 * One issue that is opened, updated, closed, and opened again when it comes back.
 *
 * @returns its number, and what was done
 */
export async function oneIssue(
  api: GitHubApi,
  request: IssueRequest,
  signal: AbortSignal,
): Promise<{ number: number | undefined; done: 'opened' | 'updated' | 'reopened' | 'closed' | 'nothing' }> {
  const { title, marker, state } = request;
  const doing = `keeping the issue "${title}"`;
  const { url } = api.place.run;
  const note = `_The rest did not fit${url === '' ? '' : `; the [job summary](${url}) has it all`}._`;
  const body = shortenBody(marked(marker, request.markdown), bodyLimit.comment, note);
  return api.trying(
    async limited => {
      const query = { labels: label, state: 'all', sort: 'created', direction: 'desc' };
      const all = await api.list<Issue>({ doing, path: '/issues', query, needs }, mostPages, limited);
      const mine = all.filter(
        one => one.pull_request === undefined && isTrusted(one) && startsMarked(one.body, marker),
      );
      const found = mine.find(one => one.state === 'open') ?? mine[0];
      const patch = (json: object) =>
        api.send({ doing, method: 'PATCH', path: `/issues/${found?.number}`, json, needs }, limited);
      if (state === 'closed') {
        if (found?.state !== 'open') return { number: found?.number, done: 'nothing' };
        const path = `/issues/${found.number}/comments`;
        await api.send({ doing, method: 'POST', path, json: { body }, needs }, limited);
        await patch({ state: 'closed', state_reason: 'completed' });
        return { number: found.number, done: 'closed' };
      }
      if (found === undefined) {
        const json = { title, body, labels: [label] };
        const { number } = await api.send<Issue>({ doing, method: 'POST', path: '/issues', json, needs }, limited);
        return { number, done: 'opened' };
      }
      const { number } = found;
      if (found.state !== 'open') {
        await patch({ title, body, state: 'open', state_reason: 'reopened' });
        return { number, done: 'reopened' };
      }
      if (found.title === title && found.body === body) return { number, done: 'nothing' };
      await patch({ title, body });
      return { number, done: 'updated' };
    },
    { doing, within: 60_000, signal },
  );
}
