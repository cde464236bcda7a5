import { parse } from 'yaml';
import { SlipwayError } from '../../core/errors.ts';
import { isMap } from '../../core/is-map.ts';
import type { Engine } from '../container/engine.ts';
import { whatNotReleased } from './not-released.ts';
import { secretsIn } from './secrets-in-file.ts';

/** A service of a compose file: what is read of it, and all the rest. */
export interface ComposeService {
  readonly image?: string;
  readonly [key: string]: unknown;
}

/** A compose file of the user. */
export interface Project {
  /** Its volumes and networks begin with it. */
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  /** All of the file. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** What of the inputs a compose file may, or may not, name. */
export interface Around {
  readonly service: string;
  /** What will run it, where the inputs say so. */
  readonly engine: Engine | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly secretEnvironment: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<string, string>>;
}

const nameForm = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * Pure.
 *
 * @param place of the file, for errors
 * @throws COMPOSE_INVALID with all that keeps it from being released
 */
export function readProject(text: string, place: string, around: Around): Project {
  const document = yamlOf(text, place);
  const services = document['services'];
  if (!isMap(services) || Object.keys(services).length === 0)
    throw invalid(place, ['it has no services'], 'It is a map with `services`: https://compose-spec.io.');
  const wrong: string[] = [];
  for (const [name, one] of Object.entries(services)) {
    if (!isMap(one)) wrong.push(`the service ${name} is no map`);
    else if (typeof one['image'] !== 'string')
      wrong.push(
        'build' in one
          ? `the service ${name} has a \`build\` and no \`image\`: hosts build nothing`
          : `the service ${name} has no \`image\``,
      );
  }
  if (wrong.length > 0) throw invalid(place, wrong, 'Give each service the image that it runs.');
  const project = {
    name: String(document['name'] ?? around.service.toLowerCase()),
    services: services as Record<string, ComposeService>,
    document,
  };
  if (!nameForm.test(project.name))
    throw invalid(
      place,
      [`${JSON.stringify(project.name)} is no name of a project`],
      'Give it a `name` of a-z, 0-9, - and _.',
    );
  const secrets = secretsIn(text, project, around);
  if (secrets.length > 0)
    throw invalid(
      place,
      secrets,
      'Give the value by the input `secret-environment`, and write only the name under `environment`: `- NAME`.',
    );
  const not = whatNotReleased(project, around.engine);
  if (not.length > 0)
    throw invalid(place, not, 'See "A compose file" in the action’s README for what takes their place.');
  return project;
}

function yamlOf(text: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text, { merge: true });
  } catch (error) {
    throw invalid(place, [`it is no YAML: ${(error as Error).message.split('\n')[0]}`], 'Correct it.');
  }
  if (!isMap(value)) throw invalid(place, ['it is no map'], 'It is a map with `services`: https://compose-spec.io.');
  return value;
}

export function invalid(place: string, seen: readonly string[], hint: string): SlipwayError {
  return new SlipwayError('COMPOSE_INVALID', `${place} cannot be released: ${seen.join('; ')}`, {
    hint: `Nothing was changed. ${hint}`,
  });
}
