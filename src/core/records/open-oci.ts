import { SlipwayError } from '../errors.ts';
import { type RegistryInputs, registryClient } from '../registry/client-of-inputs.ts';
import { parseRepository, type Repository } from '../registry/reference.ts';
import type { Opening } from './index.ts';
import { ociStore } from './oci.ts';
import type { Store } from './store.ts';

/** Where nothing says how a registry is reached: as Docker's configuration has it, and the job's own token. */
export const noInputs = { insecure: false, 'registry-username': undefined, 'registry-password': undefined };

/** The repository named, else the image's first; its registry is reached as the section `image` says. */
export async function openOci(named: string | undefined, opening: Opening): Promise<Store> {
  const { place, image, env, signal, directory } = opening;
  const repository = named === undefined ? (image?.images[0] as Repository | undefined) : parsed(named, place);
  if (repository === undefined) {
    throw new SlipwayError(
      'CONFIG_INVALID',
      `${place}: records: oci means the repository of the image, and the section image names none`,
      {
        hint: 'Nothing was changed. Give the section image the key images, or name a repository: { oci: ghcr.io/acme/hello }.',
      },
    );
  }
  const inputs: RegistryInputs = image ?? { ...noInputs, images: [repository] };
  const client = await registryClient(inputs, env, signal, directory);
  return { ...ociStore(client, repository), close: () => client[Symbol.dispose]() };
}

function parsed(text: string, place: string): Repository {
  try {
    return parseRepository(text.replace(/^oci:\/\//, ''));
  } catch (error) {
    const { hint = '' } = error as SlipwayError;
    const what = `records: ${JSON.stringify(text)} is no repository with its registry, such as ghcr.io/acme/hello`;
    throw new SlipwayError('CONFIG_INVALID', `${place}: ${what}`, {
      hint: `Nothing was changed. ${hint}`,
      cause: error,
    });
  }
}
