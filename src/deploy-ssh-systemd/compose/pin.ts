import { stringify } from 'yaml';
import { SlipwayError } from '../../core/errors.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import { formatReference, formatRepository, parseReference, type Reference } from '../../core/registry/reference.ts';
import type { ComposeService, Project } from './project.ts';

/** The image of a service as the file names it: a variable is the input `environment`’s, and no registry is Docker’s. */
export function imageOf(
  name: string,
  { image }: ComposeService,
  environment: Readonly<Record<string, string>>,
): Reference {
  const whole = image!.replaceAll(/\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g, (_, braced, otherwise, bare) => {
    const value = environment[braced ?? bare] ?? otherwise;
    if (value !== undefined) return value;
    throw new SlipwayError(
      'COMPOSE_INVALID',
      `the service ${name} has the image ${image}, and ${braced ?? bare} is not known`,
      {
        hint: 'Nothing was changed. Give it by the input `environment`.',
      },
    );
  });
  const [first, ...rest] = whole.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first!) || first === 'localhost');
  return parseReference(hasRegistry ? whole : `docker.io/${whole}`);
}

/** By its digest where that is known without asking: it is named, or the record's image is in that repository. */
export function pinnedBy(
  { repository, digest }: Reference,
  record: Pick<ReleaseRecord, 'images'> | undefined,
): Reference | undefined {
  if (digest !== undefined) return { repository, digest };
  const name = formatRepository(repository);
  const built = record?.images.find(one => one.part !== true && one.repositories.includes(name));
  return built === undefined ? undefined : { repository, digest: built.digest };
}

/**
 * The file as a host gets it: digests in place of tags, nothing to build, and no container that is started anew without
 * the others: that is systemd's. Pure.
 */
export function pinned({ document, services }: Project, images: ReadonlyMap<string, Reference>): string {
  const changed = Object.entries(services).map(
    ([service, { build: _build, restart: _restart, pull_policy: _pull, ...kept }]) => [
      service,
      { ...kept, image: formatReference(images.get(service)!) },
    ],
  );
  // the name is said when it is started: docker-compose 1 knows none in the file
  const { name: _name, ...others } = document;
  // podman-compose reads YAML 1.1, in which 22:22 is a number
  return stringify(
    { ...others, services: Object.fromEntries(changed) },
    { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 },
  );
}
