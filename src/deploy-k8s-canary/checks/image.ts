import { imageMustBeAttested } from '../../core/attestation/image.ts';
import { readRequirement } from '../../core/attestation/signer.ts';
import { deadline } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { type Cluster, corePath, getObject, isApiError, type KubeObject } from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import { maskSecret } from '../../core/mask.ts';
import { RegistryClient } from '../../core/registry/client.ts';
import { type CredentialSource, githubToken, given } from '../../core/registry/credentials.ts';
import { dockerConfig, pullSecret } from '../../core/registry/docker-config.ts';
import { headManifest } from '../../core/registry/manifests.ts';
import { parseReference, type Reference } from '../../core/registry/reference.ts';
import type { Options } from '../options.ts';
import type { Situation } from '../situation.ts';

/** Milliseconds to look for an image: a registry that the runner cannot reach must not hold up a deployment that could do without. */
const within = 10_000;

/**
 * Whether the registry has the image, and, where `require-attestation` says so, whether it is attested. It is asked with the
 * inputs' credentials, else the pods' own pull secrets, else this machine's. That the registry has not got it is an error; that
 * the runner cannot see it is a warning: the nodes may.
 *
 * @returns what attests it, or undefined
 */
export async function checkImage(
  cluster: Cluster,
  image: string,
  situation: Pick<Situation, 'desired' | 'planned'>,
  options: Options,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reference = referenceOf(image);
  const required = await readRequirement(options, options.directory);
  if (reference === undefined || (required !== undefined && reference.digest === undefined)) {
    if (required === undefined) return undefined;
    throw new SlipwayError('ATTESTATION_MISSING', `${image} is no image by digest, and only a digest can be attested`, {
      hint: 'Deploy the image by digest: REPOSITORY@sha256:…. Nothing was changed.',
    });
  }
  using limited = deadline(within, `looking for ${image}`, signal);
  using client = new RegistryClient({
    credentials: [
      ...fromInputs(reference, options),
      ...(await fromPullSecrets(cluster, situation, signal)),
      dockerConfig(process.env, limited),
      githubToken(process.env),
    ],
    insecure: options['insecure-registries'],
  });
  try {
    const { repository, digest, tag = 'latest' } = reference;
    const found = await headManifest(client, repository, digest ?? tag, limited);
    if (found === undefined) throw missing(image);
    return required && (await imageMustBeAttested(client, { image, repository, digest: digest! }, required, signal));
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as { code?: string };
    if (code === 'REGISTRY_NOT_FOUND') throw missing(image);
    if (code === 'IMAGE_NOT_FOUND' || required !== undefined) throw error;
    log.warning(
      `Whether ${image} exists cannot be seen from this runner: ${messageOf(error)}. If the nodes cannot pull it either, the rollout will say so.`,
    );
    return undefined;
  }
}

function referenceOf(image: string): Reference | undefined {
  try {
    return parseReference(image);
  } catch {
    return undefined; // a short name: only the nodes know where they pull it from
  }
}

function fromInputs({ repository }: Reference, options: Options): CredentialSource[] {
  const { 'registry-username': username, 'registry-password': password } = options;
  return username === undefined || password === undefined ? [] : [given(repository.host, username, password)];
}

/** The secrets that the pods are pulled with, as far as the user may read them: their own, else their service account's. */
async function fromPullSecrets(
  cluster: Cluster,
  { desired, planned }: Pick<Situation, 'desired' | 'planned'>,
  signal: AbortSignal,
): Promise<CredentialSource[]> {
  const read = async (resource: string, name: string): Promise<KubeObject | undefined> => {
    const path = corePath(cluster.namespace, resource, name);
    const made = planned.find(one => one.path === path);
    if (made !== undefined) return made.after;
    try {
      return await getObject(cluster, path, signal);
    } catch (error) {
      if (isApiError(error, 403)) return undefined;
      throw error;
    }
  };
  const { imagePullSecrets: own = [], serviceAccountName = 'default' } = desired['spec'].template.spec;
  const names: { name: string }[] =
    own.length > 0 ? own : ((await read('serviceaccounts', serviceAccountName))?.['imagePullSecrets'] ?? []);
  const sources = await Promise.all(
    names.map(async ({ name }) => {
      const text = (await read('secrets', name))?.['data']?.['.dockerconfigjson'];
      if (typeof text !== 'string') return undefined;
      const config = Buffer.from(text, 'base64').toString('utf8');
      maskSecret(config);
      return pullSecret(config, `Secret/${name}`);
    }),
  );
  return sources.filter(source => source !== undefined);
}

function missing(image: string): SlipwayError {
  return new SlipwayError('IMAGE_NOT_FOUND', `the registry has no ${image}`, {
    hint: 'Push it first, or correct the digest: no node could pull it. Nothing was changed.',
  });
}
