import type { ConfigFile } from '../core/config-file.ts';
import { configSection } from '../core/config-section.ts';
import { readInputs, variableOf } from '../core/inputs.ts';
import type { OpenRecords } from '../core/records/index.ts';
import type { RegistryInputs } from '../core/registry/client-of-inputs.ts';
import type { Schemas } from './check.ts';
import type { Request } from './request.ts';

/** The one section that says how a registry is reached. */
export type ImageSchema = Pick<Schemas, 'build-multiarch-image'>;

/** Opens what the request, else slipway.yml, calls `records`; undefined where neither does. */
export async function openStored(
  request: Request,
  file: ConfigFile,
  { schemas, env, signal }: { schemas: ImageSchema; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<OpenRecords | undefined> {
  const spec = request.records ?? file.records;
  if (spec === undefined) return undefined;
  const { openRecords } = await import('../core/records/index.ts');
  const image = file.image === undefined ? undefined : await imageInputs(file, request.directory, schemas, env);
  return openRecords(spec, { place: file.at(['records']), image, directory: request.directory, env, signal });
}

/** The repository of the image and the way into its registry are those of the section `image`. */
async function imageInputs(file: ConfigFile, directory: string, schemas: ImageSchema, env: NodeJS.ProcessEnv) {
  const { inputs } = schemas['build-multiarch-image'];
  const section = await configSection('build-multiarch-image', inputs, {
    ...env,
    [variableOf('config')]: file.file,
    [variableOf('working-directory')]: directory,
  });
  return readInputs(inputs, {}, section?.texts, section?.at) as unknown as RegistryInputs;
}
