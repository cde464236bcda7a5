import type { Credentials } from '../credentials.ts';
import { ask, type Place, type Question, secretAt } from './ask.ts';
import { idToken } from './id-token.ts';

export function isAzureRegistry(host: string): boolean {
  return /^[a-z0-9-]+\.azurecr\.(?:io|cn|us)$/.test(host);
}

export interface AzureIdentity {
  readonly client: string;
  readonly tenant: string;
}

/**
 * Logs in to an Azure registry: the job's identity is a client assertion (Microsoft identity platform, client
 * credentials with a federated credential); what it gives is exchanged at the registry for a refresh token.
 */
export async function azureLogin(
  host: string,
  { client, tenant }: AzureIdentity,
  place: Place,
  registry = `https://${host}`,
): Promise<Credentials> {
  const authority = (place.env['AZURE_AUTHORITY_HOST'] || 'https://login.microsoftonline.com').replace(/\/$/, '');
  const grant: Question = {
    method: 'POST',
    url: `${authority}/${tenant}/oauth2/v2.0/token`,
    headers: {},
    form: {
      grant_type: 'client_credentials',
      client_id: client,
      scope: 'https://containerregistry.azure.net/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await idToken('api://AzureADTokenExchange', place),
    },
    doing: `logging in as the application ${client}`,
    hint: 'Check that the application has a federated credential for this repository and branch, tag or environment.',
  };
  const access = secretAt(await ask(grant, place), ['access_token'], grant);
  const exchange: Question = {
    method: 'POST',
    url: `${registry}/oauth2/exchange`,
    headers: {},
    form: { grant_type: 'access_token', service: host, tenant, access_token: access },
    doing: `logging in to ${host}`,
    hint: 'The application needs the role AcrPush on the registry.',
  };
  const identityToken = secretAt(await ask(exchange, place), ['refresh_token'], exchange);
  return { identityToken, source: `the application ${client}` };
}
