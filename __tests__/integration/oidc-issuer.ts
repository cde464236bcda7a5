import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './certificates.ts';

export interface OidcIssuer {
  /** What a job's steps get to ask for their token, and the authority that curl is to trust. */
  readonly env: Readonly<Record<string, string>>;
  /** What an AuthenticationConfiguration has under `jwt` so that an API server trusts it, for one repository. */
  readonly jwt: readonly object[];
  /** The tokens that were given away. */
  readonly issued: readonly string[];
  /** Whose job asks from now on. */
  repository: string;
  close(): Promise<void>;
}

/**
 * An issuer of tokens for jobs, as GitHub's is for its runners: real signatures, real HTTPS.
 *
 * @param address where both the API server and the job reach it
 * @param seconds how long a token is valid
 */
export async function startOidcIssuer(
  address: string,
  {
    audience,
    repository,
    environment,
    seconds,
  }: Record<'audience' | 'repository' | 'environment', string> & { seconds: number },
): Promise<OidcIssuer> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-oidc-'));
  const { key, certificate } = await selfSigned(folder, 'issuer', address);
  const ca = await readFile(certificate, 'utf8');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issued: string[] = [];
  const state = { repository };
  let url = '';
  const token = (aud: string | null) => {
    const now = Math.floor(Date.now() / 1000);
    const sub = `repo:${state.repository}:environment:${environment}`;
    const claims = { iss: url, aud, sub, repository: state.repository, iat: now, nbf: now, exp: now + seconds };
    const parts = [{ alg: 'ES256', typ: 'JWT', kid: 'own' }, claims].map(one => base64url(JSON.stringify(one)));
    const signature = sign('sha256', Buffer.from(parts.join('.')), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    issued.push([...parts, base64url(signature)].join('.'));
    return { value: issued.at(-1) };
  };
  const server = createServer({ key: await readFile(key), cert: ca }, (request, answer) => {
    const { pathname, searchParams } = new URL(request.url!, url);
    const mine = request.headers.authorization === 'bearer of-this-job';
    const pages: Record<string, () => object | undefined> = {
      '/.well-known/openid-configuration': () => ({
        issuer: url,
        jwks_uri: `${url}/keys`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      }),
      '/keys': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'ES256', use: 'sig' }] }),
      '/token': () => (mine ? token(searchParams.get('audience')) : undefined),
    };
    const body = pages[pathname]?.();
    answer.writeHead(body === undefined ? 403 : 200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify(body ?? {}));
  });
  server.listen(0, address);
  await once(server, 'listening');
  url = `https://${address}:${(server.address() as AddressInfo).port}`;
  return {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-this-job',
      CURL_CA_BUNDLE: certificate,
    },
    jwt: [
      {
        issuer: { url, audiences: [audience], certificateAuthority: ca },
        claimValidationRules: [{ claim: 'repository', requiredValue: repository }],
        claimMappings: { username: { claim: 'sub', prefix: '' } },
      },
    ],
    issued,
    set repository(name: string) {
      state.repository = name;
    },
    get repository() {
      return state.repository;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

function base64url(data: string | Buffer): string {
  return Buffer.from(data).toString('base64url');
}
