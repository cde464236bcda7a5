// Only what CI has passed is released.
import { SlipwayError } from '../../src/core/errors.ts';
import { GitHubApi } from '../../src/release/github/api.ts';
import { placeOf } from '../../src/release/github/place.ts';
import { git } from './git.mjs';

const workflow = 'ci.yml';

/** A run of the CI workflow must have succeeded for the very commit that is checked out. */
export async function ciMustHavePassed(directory, env, signal) {
  const commit = await git(directory, ['rev-parse', 'HEAD'], { signal });
  const doing = `asking whether CI passed for ${commit}`;
  const api = new GitHubApi(placeOf(env));
  const path = `/actions/workflows/${workflow}/runs`;
  const query = { head_sha: commit, status: 'success', per_page: 1 };
  try {
    const { total_count: passed } = await api.trying(
      limited => api.send({ doing, method: 'GET', path, query, needs: 'actions: read' }, limited),
      { doing, within: 60_000, signal },
    );
    if (passed > 0) return;
  } finally {
    api.close();
  }
  throw new SlipwayError('CI_NOT_PASSED', `no run of ${workflow} has succeeded for ${commit}`, {
    hint: 'Nothing was changed. Wait for CI of main, or mend what it found, and run Ship again.',
  });
}
