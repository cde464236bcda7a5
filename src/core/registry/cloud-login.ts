import { SlipwayError } from '../errors.ts';
import type { Place } from './clouds/ask.ts';
import type { CredentialSource } from './credentials.ts';

/** With what a job shows who it is, for each cloud; nothing of it is secret. */
export interface CloudIdentities {
  readonly 'aws-role'?: string | undefined;
  readonly 'google-identity-provider'?: string | undefined;
  readonly 'google-service-account'?: string | undefined;
  readonly 'azure-client-id'?: string | undefined;
  readonly 'azure-tenant-id'?: string | undefined;
}

/** Logs in to the registries of clouds with the identity of the job. Loaded only for a host of theirs. */
export function cloudLogin(identities: CloudIdentities, place: Place): CredentialSource {
  const { 'aws-role': role, 'google-identity-provider': provider } = identities;
  const { 'azure-client-id': client, 'azure-tenant-id': tenant } = identities;
  if ((client === undefined) !== (tenant === undefined)) {
    throw missing(client === undefined ? 'azure-client-id' : 'azure-tenant-id');
  }
  const serviceAccount = identities['google-service-account'];
  if (serviceAccount !== undefined && provider === undefined) throw missing('google-identity-provider');
  return async host => {
    if (role !== undefined && /amazonaws\.com|^public\.ecr\.aws$/.test(host)) {
      const { amazonLogin, amazonRegistry } = await import('./clouds/amazon.ts');
      const registry = amazonRegistry(host);
      return registry && amazonLogin(registry, { role }, place);
    }
    if (provider !== undefined && /pkg\.dev$|gcr\.io$/.test(host)) {
      const { googleLogin, isGoogleRegistry } = await import('./clouds/google.ts');
      return isGoogleRegistry(host) ? googleLogin({ provider, serviceAccount }, place) : undefined;
    }
    if (client !== undefined && tenant !== undefined && /\.azurecr\./.test(host)) {
      const { azureLogin, isAzureRegistry } = await import('./clouds/azure.ts');
      return isAzureRegistry(host) ? azureLogin(host, { client, tenant }, place) : undefined;
    }
    return undefined;
  };
}

/** AWS keys that an earlier step left in the environment open ECR, when nothing else does. */
export function awsEnvironment(place: Place): CredentialSource {
  return async host => {
    if (!/amazonaws\.com|^public\.ecr\.aws$/.test(host)) return undefined;
    const { amazonLogin, amazonRegistry, keysOf } = await import('./clouds/amazon.ts');
    const [registry, keys] = [amazonRegistry(host), keysOf(place.env)];
    return registry && keys && amazonLogin(registry, { keys }, place);
  };
}

function missing(name: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input "${name}" is missing`, { hint: 'Give both, or neither.' });
}
