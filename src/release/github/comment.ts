import type { GitHubApi } from './api.ts';
import { type Authored, isTrusted, marked, startsMarked } from './marker.ts';
import { bodyLimit, shortenBody } from './shorten.ts';

interface Comment extends Authored {
  readonly id: number;
  readonly body?: string | null;
}

const needs = 'pull-requests: write';
/** A hundred comments each. */
const mostPages = 30;

/**
 * One comment on a pull request, found again by its marker and updated in place; the second of two that runs wrote at
 * once is taken away.
 *
 * @param marker which of our comments it is: `plan production`
 * @returns whether something was written; the same text is not written again
 */
export async function stickyComment(
  api: GitHubApi,
  pullRequest: number,
  marker: string,
  markdown: string,
  signal: AbortSignal,
): Promise<boolean> {
  const doing = `commenting on pull request ${pullRequest}`;
  const { url } = api.place.run;
  const note = `_The rest did not fit into a comment${url === '' ? '' : `; the [job summary](${url}) has it all`}._`;
  const body = shortenBody(marked(marker, markdown), bodyLimit.comment, note);
  const path = `/issues/${pullRequest}/comments`;
  return api.trying(
    async limited => {
      const all = await api.list<Comment>({ doing, path, needs }, mostPages, limited);
      const [first, ...more] = all.filter(one => isTrusted(one) && startsMarked(one.body, marker));
      for (const { id } of more)
        await api.send({ doing, method: 'DELETE', path: `/issues/comments/${id}`, needs }, limited);
      if (first?.body === body) return more.length > 0;
      if (first === undefined) await api.send({ doing, method: 'POST', path, json: { body }, needs }, limited);
      else
        await api.send(
          { doing, method: 'PATCH', path: `/issues/comments/${first.id}`, json: { body }, needs },
          limited,
        );
      return true;
    },
    { doing, within: 60_000, signal },
  );
}
