import type { Credentials } from '../credentials.ts';
import { ask, type Place, type Question, secretAt } from './ask.ts';
import { idToken } from './id-token.ts';

/** Artifact Registry and the older Container Registry. */
export function isGoogleRegistry(host: string): boolean {
  return /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)$/.test(host);
}

export interface GoogleIdentity {
  /** `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/NAME` */
  readonly provider: string;
  readonly serviceAccount?: string | undefined;
}

/** Google's services; others in tests. */
const services = {
  sts: 'https://sts.googleapis.com',
  iam: 'https://iamcredentials.googleapis.com',
};
const scope = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * Logs in to Google's registries: the job's identity is exchanged for an access token (Workload Identity Federation,
 * RFC 8693), and that for one of a service account where one is named.
 */
export async function googleLogin(
  { provider, serviceAccount }: GoogleIdentity,
  place: Place,
  { sts, iam } = services,
): Promise<Credentials> {
  const subject = await idToken(`https://iam.googleapis.com/${provider}`, place);
  const exchange: Question = {
    method: 'POST',
    url: `${sts}/v1/token`,
    headers: {},
    json: {
      audience: `//iam.googleapis.com/${provider}`,
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      scope,
      subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
      subjectToken: subject,
    },
    doing: `exchanging the job’s identity at ${provider}`,
    hint: 'Check the provider’s issuer (https://token.actions.githubusercontent.com) and its attribute condition.',
  };
  const federated = secretAt(await ask(exchange, place), ['access_token'], exchange);
  const username = 'oauth2accesstoken';
  if (serviceAccount === undefined) return { username, password: federated, source: 'google-identity-provider' };
  const act: Question = {
    method: 'POST',
    url: `${iam}/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`,
    headers: { authorization: `Bearer ${federated}` },
    json: { scope: [scope], lifetime: '3600s' },
    doing: `acting as ${serviceAccount}`,
    hint: 'The identity needs the role Workload Identity User on that service account.',
  };
  const password = secretAt(await ask(act, place), ['accessToken'], act);
  return { username, password, source: `the service account ${serviceAccount}` };
}
