import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ActionName } from './action-names.ts';
import { isMap, type Section } from './config-deployments.ts';
import { type ConfigPath, invalid } from './config-document.ts';
import { type ConfigFile, readConfigFile, sections } from './config-file.ts';
import { SlipwayError } from './errors.ts';
import { isExactNumber } from './exact-number.ts';
import { type Inputs, variableOf } from './inputs.ts';

/** A section as the texts that its inputs take, and where each stands: `slipway.yml:12`. */
export interface SectionTexts {
  readonly texts: Readonly<Record<string, string>>;
  readonly at: (input: string) => string;
}

/** The values that the file named by the input `config` has for an action. */
export async function configSection(
  action: string,
  inputs: Inputs,
  env: NodeJS.ProcessEnv,
): Promise<SectionTexts | undefined> {
  const given = (env[variableOf('config')] ?? '').trim();
  const name = sections[action as ActionName];
  if (given === '' || name === undefined) return undefined;
  const { path, environment, deployment } = parseLocator(given);
  const directory = resolve((env[variableOf('working-directory')] ?? '').trim() || '.');
  const file = await readConfigFile(resolve(directory, path), environment);
  const { section, place } = name === 'deploy' ? deploymentOf(file, action, deployment) : sectionOf(file, name);
  const at = (input: string) => file.at([...place, input]);
  return { texts: await sectionTexts(section, inputs, { at, directory, env }), at };
}

/**
 * `FILE[@ENVIRONMENT][#DEPLOYMENT]`. A folder may have a # or an @ in its name: what follows the last one is a name
 * only when it is no further path.
 */
export function parseLocator(given: string): { path: string; environment?: string; deployment?: string } {
  const [, path = '', environment, deployment] = /^(.+?)(?:@([\w-]+))?(?:#([^#/\\]+))?$/.exec(given)!;
  return { path, ...(environment && { environment }), ...(deployment && { deployment }) };
}

/** Where a section stands, and where what it refers to is found. */
export interface Place {
  /** For errors: `slipway.yml:12` of an input. */
  readonly at: (input: string) => string;
  /** Where the path of a secret's `{file: PATH}` begins. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

type Found = { section: Section; place: ConfigPath };

function sectionOf(file: ConfigFile, name: 'build' | 'image' | 'verify'): Found {
  const version = name === 'build' && file.version !== undefined ? { version: file.version } : {};
  return { section: { ...version, ...file[name] }, place: [name] };
}

function deploymentOf(file: ConfigFile, kind: string, name: string | undefined): Found {
  const ofKind = (file.deploy ?? []).flatMap((entry, index) => (entry.kind === kind ? [{ entry, index }] : []));
  const fitting = ofKind.filter(({ entry }) => name === undefined || entry.name === name);
  if (fitting.length === 1) {
    const { kind: _kind, name: _name, ...section } = fitting[0]!.entry;
    return { section, place: ['deploy', fitting[0]!.index] };
  }
  const names = ofKind.map(({ entry }) => entry.name ?? '(unnamed)').join(', ') || 'none';
  const elsewhere =
    fitting.length === 0 && file.environment === undefined && file.environments.length > 0
      ? `, or an environment with FILE@ENVIRONMENT (${file.environments.join(', ')})`
      : '';
  throw invalid(
    file.at(['deploy']),
    `${fitting.length} deployments of kind ${kind} fit; name one with config: FILE#NAME (${names})${elsewhere}`,
  );
}

/**
 * Lists become lines, maps become JSON (which is YAML).
 * A secret is only `{env: NAME}` or `{file: PATH}`: plain text in the file is an error. Any other input may be
 * `{env: NAME}` too, for what differs from place to place, unless it takes a map itself.
 */
export async function sectionTexts(section: Section, inputs: Inputs, place: Place): Promise<Record<string, string>> {
  const texts = Object.entries(section).map(async ([key, value]) => {
    const input = Object.hasOwn(inputs, key) ? inputs[key] : undefined;
    return [key, input?.secret ? await secretText(key, value, place) : plainText(key, value, input, place)];
  });
  return Object.fromEntries(await Promise.all(texts));
}

function plainText(key: string, value: unknown, input: Inputs[string] | undefined, { at, env }: Place): string {
  if (input === undefined || !isMap(value) || takesMap(input.value.schema)) return textOf(value);
  if (typeof value['env'] !== 'string' || Object.keys(value).length !== 1) return textOf(value);
  const found = env[value['env']];
  if (found !== undefined) return found;
  throw new SlipwayError(
    'VARIABLE_MISSING',
    `"${key}" in ${at(key)}: the environment variable ${value['env']} is not set`,
    { hint: 'Nothing was changed. Pass it to the step as env, empty where nothing is meant.' },
  );
}

/** Whether an input's value can be a map, so that `{env: NAME}` is one of its values and not a reference. */
export function takesMap(schema: object): boolean {
  const { type, oneOf = [] } = schema as { type?: unknown; oneOf?: object[] };
  return [type].flat().includes('object') || oneOf.some(takesMap);
}

/** The text that an input takes for a value of the file. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (isExactNumber(value)) return value.rawJSON;
  if (Array.isArray(value) && value.every(item => typeof item !== 'object' || isExactNumber(item)))
    return value.map(textOf).join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A secret's text, of `{env: NAME}` or `{file: PATH}`; `key` names it in errors. */
export async function secretText(key: string, value: unknown, { at, directory, env }: Place): Promise<string> {
  const [kind, ...more] = isMap(value) ? Object.keys(value) : [];
  const named = String((value as Section | null)?.[kind ?? '']);
  const absent = (why: string) =>
    new SlipwayError('SECRET_MISSING', `"${key}" in ${at(key)}: ${why}`, {
      hint: 'Pass it to the step as env or write the file first.',
    });
  if (kind === 'env' && more.length === 0) {
    const found = env[named];
    if (found === undefined || found === '') throw absent(`the environment variable ${named} is not set`);
    return found;
  }
  if (kind === 'file' && more.length === 0) {
    return readFile(resolve(directory, named), 'utf8').catch(error => {
      throw absent(`${named} cannot be read: ${error.code}`);
    });
  }
  throw invalid(at(key), `"${key}" is a secret and must be {env: NAME} or {file: PATH}, never its text`);
}
