import { resolve } from 'node:path';
import type { RegistryInputs } from '../registry/client-of-inputs.ts';
import { keptRecords } from './kept-records.ts';
import type { Records } from './records.ts';
import { parseSpec } from './spec.ts';
import type { Store } from './store.ts';

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

/** Where they are unless a map says it. */
const usual = 'slipway-records';

/**
 * Opens the place where releases are kept. Nothing is asked or written yet.
 *
 * @param spec `oci`, `folder`, `git`, `{ oci: REPOSITORY }`, `{ folder: PATH }`, `{ git: BRANCH }`, or the text of one
 * @throws SlipwayError CONFIG_INVALID
 */
export async function openRecords(spec: unknown, opening: Opening): Promise<OpenRecords> {
  const store = await openStore(spec, opening);
  const close = () => store.close?.();
  return { ...keptRecords(store, opening.env, opening.signal), [Symbol.dispose]: close };
}

async function openStore(spec: unknown, opening: Opening): Promise<Store> {
  const { kind, value } = parseSpec(spec, opening.place);
  if (kind === 'folder') {
    const { folderStore } = await import('./folder.ts');
    return folderStore(resolve(opening.directory, value ?? usual));
  }
  if (kind === 'oci') {
    const { openOci } = await import('./open-oci.ts');
    return openOci(value, opening);
  }
  const { gitStore } = await import('./git.ts');
  return gitStore(value ?? usual, opening);
}
