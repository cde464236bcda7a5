import { resolve } from 'node:path';
import { parse } from 'yaml';
import { invalid } from '../config-document.ts';
import { type RegistryInputs, registryClient } from '../registry/client-of-inputs.ts';
import { parseRepository, type Repository } from '../registry/reference.ts';
import { folderShelf } from './folder.ts';
import { ociShelf } from './oci.ts';
import { recordsOn } from './on-shelf.ts';
import type { Records } from './records.ts';

/** With what records are opened. */
export interface Opening {
  /** For errors: `slipway.yml:3`. */
  readonly place: string;
  /** Inputs of build-multiarch-image as slipway.yml has them: images, registry-username, registry-password, insecure, … */
  readonly image: RegistryInputs | undefined;
  /** Where a relative folder begins, and the repository of `git`; absolute. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Records that are open; closing lets the process end. */
export type OpenRecords = Records & Disposable;

const kinds = ['oci', 'folder', 'git'] as const;
type Spec = { readonly kind: (typeof kinds)[number]; readonly name: string | undefined };

/**
 * Opens the place where releases are kept.
 *
 * @param spec `oci`, `folder`, `git`, `{ oci: REPOSITORY }`, `{ folder: PATH }`, `{ git: BRANCH }`, or the text of one
 * @throws SlipwayError CONFIG_INVALID
 */
export async function openRecords(spec: unknown, opening: Opening): Promise<OpenRecords> {
  const { kind, name } = readSpec(spec, opening.place);
  if (kind === 'folder') return open(recordsOn(folderShelf(resolve(opening.directory, name ?? 'slipway-records'))));
  if (kind === 'oci') return openOci(name, opening);
  throw invalid(opening.place, 'records: git is not there yet');
}

async function openOci(
  name: string | undefined,
  { place, image, directory, env, signal }: Opening,
): Promise<OpenRecords> {
  const repository = name === undefined ? image?.images[0] : repositoryOf(name, place);
  if (repository === undefined)
    throw invalid(
      place,
      'records: oci means the repository of the image, and the section image names none: write { oci: REPOSITORY }',
    );
  const inputs = image ?? {
    images: [repository],
    insecure: false,
    'registry-username': undefined,
    'registry-password': undefined,
  };
  const client = await registryClient(inputs, env, signal, directory);
  return open(recordsOn(ociShelf(client, repository as Repository, signal)), () => client[Symbol.dispose]());
}

const open = (records: Records, close = () => {}): OpenRecords => ({ ...records, [Symbol.dispose]: close });

function repositoryOf(name: string, place: string): Repository {
  try {
    return parseRepository(name);
  } catch {
    throw invalid(
      place,
      `records: ${JSON.stringify(name)} is no repository with its registry, such as ghcr.io/acme/hello`,
    );
  }
}

function readSpec(given: unknown, place: string): Spec {
  const spec = typeof given === 'string' ? parse(given) : given;
  if (kinds.includes(spec)) return { kind: spec, name: undefined };
  const [[kind, name] = [], ...more] = Object.entries((spec ?? {}) as object);
  if (kinds.includes(kind as Spec['kind']) && typeof name === 'string' && name !== '' && more.length === 0)
    return { kind: kind as Spec['kind'], name };
  throw invalid(
    place,
    `records is ${JSON.stringify(spec)}; allowed: oci, folder, git, or { oci: REPOSITORY }, { folder: PATH }, { git: BRANCH }`,
  );
}
