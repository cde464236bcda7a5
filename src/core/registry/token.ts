import { SlipwayError } from '../errors.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { resolveLocation } from './endpoint.ts';
import { failureOf } from './failure.ts';
import type { Outgoing, Transport } from './transport.ts';

const limit = 1024 * 1024;

/** The value of an Authorization header for Basic. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/**
 * Gets a bearer token from the service that the registry's challenge names (distribution's token specification; with an
 * identity token its OAuth2 form). Credentials are sent to that service only, and only over HTTPS when the registry has it.
 */
export async function fetchToken(
  transport: Transport,
  registry: URL,
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<{ readonly token: string; readonly seconds: number }> {
  const realm = resolveLocation(challenge.parameters['realm'] ?? '', registry);
  const out = { ...tokenRequest(realm, challenge, scopes, credentials), signal };
  const answer = await transport.send(out);
  const doing = `getting a token from ${realm.host}`;
  const who = credentials === undefined ? 'without credentials' : `with the credentials of ${credentials.source}`;
  if (answer.status !== 200) throw await failureOf(answer, realm.host, who);
  const bytes = await answer.bytes(limit);
  let token: unknown;
  let seconds: unknown;
  try {
    const body = JSON.parse(bytes.toString('utf8')) as {
      token?: unknown;
      access_token?: unknown;
      expires_in?: unknown;
    };
    token = body.token ?? body.access_token;
    seconds = body.expires_in;
  } catch {
    token = undefined;
  }
  if (typeof token !== 'string' || token === '') {
    throw new SlipwayError('TOKEN_INVALID', `${doing}: the answer holds no token`, {
      hint: 'Check the token service of the registry.',
    });
  }
  // Without a number it is good for a minute, says the specification.
  return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : 60 };
}

function tokenRequest(
  realm: URL,
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): Omit<Outgoing, 'signal'> {
  const service = challenge.parameters['service'];
  if (credentials !== undefined && 'identityToken' in credentials) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: credentials.identityToken,
      client_id: 'slipway',
      scope: scopes.join(' '),
      ...(service === undefined ? {} : { service }),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, body: Buffer.from(form.toString()) };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers: Record<string, string> =
    credentials === undefined ? {} : { authorization: basic(credentials.username, credentials.password) };
  return { method: 'GET', url, headers };
}
