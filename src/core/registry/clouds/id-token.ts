import { SlipwayError } from '../../errors.ts';
import { ask, type Place, secretAt } from './ask.ts';

const hint = 'Give the job `permissions: id-token: write`.';

/** The job's own identity as a signed token for one audience (GitHub, "OpenID Connect reference"). */
export async function idToken(audience: string, place: Place): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: text, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = place.env;
  if (!text || !token) throw new SlipwayError('OIDC_MISSING', 'this job has no OIDC identity to log in with', { hint });
  const url = new URL(text);
  url.searchParams.set('audience', audience);
  const headers = { authorization: `Bearer ${token}` };
  const question = { method: 'GET', url, headers, doing: 'getting the job’s OIDC token', hint } as const;
  return secretAt(await ask(question, place), ['value'], question);
}
