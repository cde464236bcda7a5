import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { isMap } from '../../core/is-map.ts';
import { platformImages } from '../../core/oci/images.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import { type RegistryInputs, registryClient } from '../../core/registry/client-of-inputs.ts';
import { formatReference, isDockerHub, type Reference } from '../../core/registry/reference.ts';
import { registrySource } from '../../core/registry/source.ts';
import { formatPlatform } from '../../core/target.ts';
import { imageOf, pinned, pinnedBy } from './pin.ts';
import { type Around, type ComposeService, invalid, type Project, readProject } from './project.ts';

/** A compose file that is released. */
export interface Compose {
  /** Name of the project. */
  readonly project: string;
  /** As the hosts get it: digests in place of tags. */
  readonly text: string;
  /** Each once, with its digest. */
  readonly images: readonly string[];
  /** Names of the containers. */
  readonly containers: readonly string[];
  /** Platforms that all of the images have: `linux/amd64`. */
  readonly platforms: readonly string[];
  /** The registry that the given password is for. */
  readonly registry: string | undefined;
}

/** With the program that starts its containers on a host. */
export interface LaunchedCompose extends Compose {
  readonly launch: string;
}

/**
 * @param directory where the file's path begins
 * @throws COMPOSE_INVALID, what a registry fails with
 */
export async function composeOf(
  file: string,
  directory: string,
  inputs: Omit<RegistryInputs, 'images'>,
  around: Around,
  record: Pick<ReleaseRecord, 'images'> | undefined,
  signal: AbortSignal,
): Promise<Compose> {
  const text = await readFile(resolve(directory, file), 'utf8').catch(error => {
    throw invalid(file, [`it cannot be read: ${messageOf(error)}`], 'Give its path by `compose-file`.');
  });
  const project = readProject(text, file, around);
  const named = Object.entries(project.services).map(
    ([name, service]) => [name, imageOf(name, service, around.environment)] as const,
  );
  const hosts = [...new Set(named.map(([, { repository }]) => repository.host))];
  const own = hosts.filter(host => !isDockerHub(host));
  const asked = (own.length > 0 ? own : hosts).map(host => ({ host }));
  using client = await registryClient({ ...inputs, images: asked }, process.env, signal);
  const found = new Map<string, Reference>();
  let platforms: string[] | undefined;
  for (const [name, reference] of named) {
    const source = registrySource(client, reference.repository);
    try {
      const known = pinnedBy(reference, record);
      const at = known?.digest ?? (await source.manifest(reference.tag ?? 'latest', signal)).descriptor.digest;
      found.set(name, { repository: reference.repository, digest: at });
      const has = (await platformImages(source, at, signal)).map(({ platform }) => formatPlatform(platform));
      platforms = platforms === undefined ? has : platforms.filter(one => has.includes(one));
    } catch (error) {
      signal.throwIfAborted();
      throw invalid(
        file,
        [`the image ${formatReference(reference)} of the service ${name} cannot be found: ${messageOf(error)}`],
        'Correct its name, or log in to its registry.',
      );
    }
  }
  const linux = platforms!.filter(one => one.startsWith('linux/'));
  if (linux.length === 0)
    throw invalid(file, ['its images have no platform in common'], 'Build them for the same ones.');
  return {
    project: project.name,
    text: pinned(project, found),
    images: [...new Set([...found.values()].map(formatReference))],
    containers: Object.entries(project.services).flatMap(([name, one]) => containersOf(project, name, one)),
    platforms: linux,
    registry: asked.length === 1 ? asked[0]!.host : undefined,
  };
}

/** As podman-compose names them. */
function containersOf({ name }: Project, service: string, given: ComposeService): string[] {
  const { deploy } = given;
  const count = isMap(deploy) ? Number(deploy['replicas'] ?? 1) : 1;
  const names = Array.from({ length: count }, (_, index) => `${name}_${service}_${index + 1}`);
  const own = given['container_name'];
  return typeof own === 'string' ? [own, ...names.slice(1)] : names;
}
