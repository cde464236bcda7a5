import { SlipwayError } from '../errors.ts';
import { log } from '../log.ts';
import { authoritiesOf } from './authorities.ts';
import { RegistryClient } from './client.ts';
import { awsEnvironment, type CloudIdentities, cloudLogin } from './cloud-login.ts';
import { type CredentialSource, firstOf, githubToken, given } from './credentials.ts';
import { dockerConfig } from './docker-config.ts';
import type { Insecure } from './endpoint.ts';

export interface RegistryInputs extends CloudIdentities {
  readonly images: readonly { readonly host: string }[];
  readonly insecure: Insecure;
  readonly 'registry-username': string | undefined;
  readonly 'registry-password': string | undefined;
  readonly 'registry-ca'?: string | undefined;
  readonly concurrency?: number;
}

/** The client for this run: credentials of the inputs first, then a cloud's, Docker's, and GitHub's own token. */
export async function registryClient(
  inputs: RegistryInputs,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  directory = '.',
): Promise<RegistryClient> {
  const onRetry = (message: string) => log.info(message);
  const place = { env, signal, onRetry };
  const found = [cloudLogin(inputs, place), dockerConfig(env, signal), githubToken(env), awsEnvironment(place)];
  return new RegistryClient({
    credentials: [...(await fromInputs(inputs, firstOf(...found))), ...found],
    insecure: inputs.insecure,
    onRetry,
    concurrency: inputs.concurrency ?? 4,
    authorities: await authoritiesOf(inputs['registry-ca'], directory),
  });
}

/** User and password go to one registry, and it must be clear to which: a password is never tried out on others. */
async function fromInputs(inputs: RegistryInputs, others: CredentialSource): Promise<CredentialSource[]> {
  const { 'registry-username': username, 'registry-password': password } = inputs;
  if (username === undefined && password === undefined) return [];
  if (username === undefined || password === undefined) {
    const [one, other] = ['registry-username', 'registry-password'];
    throw new SlipwayError('INPUT_INVALID', `input "${username === undefined ? one : other}" is missing`, {
      hint: `Give ${one} and ${other}, or neither.`,
    });
  }
  const hosts = [...new Set(inputs.images.map(image => image.host))];
  const without: string[] = [];
  for (const host of hosts) if (hosts.length === 1 || (await others(host)) === undefined) without.push(host);
  if (without.length === 1) return [given(without[0]!, username, password)];
  throw new SlipwayError(
    'INPUT_INVALID',
    `input "registry-password" could be for ${(without.length === 0 ? hosts : without).join(' or ') || 'no registry: "images" is empty'}`,
    { hint: 'It serves one registry of "images": log in to the others with `docker login` before this step.' },
  );
}
