import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ActionName } from './action-names.ts';
import { type ConfigFile, invalid, isMap, readConfigFile, type Section, sections } from './config-file.ts';
import { SlipwayError } from './errors.ts';
import { isExactNumber } from './exact-number.ts';
import { type Inputs, variableOf } from './inputs.ts';

/** The values that the file named by the input `config` has for an action, as the texts that its inputs take. */
export async function configSection(
  action: string,
  inputs: Inputs,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  const given = (env[variableOf('config')] ?? '').trim();
  const section = sections[action as ActionName];
  if (given === '' || section === undefined) return {};
  // A folder may have a # in its name: what follows the last one is a name only when it is no further path.
  const [, path = '', name] = /^(.+?)(?:#([^#/\\]+))?$/.exec(given)!;
  const directory = resolve((env[variableOf('working-directory')] ?? '').trim() || '.');
  const file = await readConfigFile(resolve(directory, path));
  const found = section === 'deploy' ? deployment(file, action, name) : sectionOf(file, section);
  return sectionTexts(found, inputs, { file: file.file, directory, env });
}

/** Where a section stands, and where what it refers to is found. */
export interface Place {
  /** For errors. */
  readonly file: string;
  /** Where the path of a secret's `{file: PATH}` begins. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

function sectionOf(file: ConfigFile, name: 'build' | 'image' | 'verify'): Section {
  const version = name === 'build' && file.version !== undefined ? { version: file.version } : {};
  return { ...version, ...file[name] };
}

function deployment(file: ConfigFile, kind: string, name: string | undefined): Section {
  const ofKind = (file.deploy ?? []).filter(entry => entry.kind === kind);
  const fitting = ofKind.filter(entry => name === undefined || entry.name === name);
  if (fitting.length === 1) {
    const { kind: _kind, name: _name, ...section } = fitting[0]!;
    return section;
  }
  const names = ofKind.map(entry => entry.name ?? '(unnamed)').join(', ') || 'none';
  throw invalid(
    file.file,
    `${fitting.length} deployments of kind ${kind} fit; name one with config: FILE#NAME (${names})`,
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

function plainText(key: string, value: unknown, input: Inputs[string] | undefined, { file, env }: Place): string {
  if (input === undefined || !isMap(value) || takesMap(input.value.schema)) return textOf(value);
  if (typeof value['env'] !== 'string' || Object.keys(value).length !== 1) return textOf(value);
  const found = env[value['env']];
  if (found !== undefined) return found;
  throw new SlipwayError(
    'VARIABLE_MISSING',
    `"${key}" in ${file}: the environment variable ${value['env']} is not set`,
    { hint: 'Nothing was changed. Pass it to the step as env, empty where nothing is meant.' },
  );
}

/** Whether an input's value can be a map, so that `{env: NAME}` is one of its values and not a reference. */
export function takesMap(schema: object): boolean {
  const { type, oneOf = [] } = schema as { type?: unknown; oneOf?: object[] };
  return [type].flat().includes('object') || oneOf.some(takesMap);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (isExactNumber(value)) return value.rawJSON;
  if (Array.isArray(value) && value.every(item => typeof item !== 'object' || isExactNumber(item)))
    return value.map(textOf).join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function secretText(key: string, value: unknown, { file, directory, env }: Place): Promise<string> {
  const [kind, ...more] = isMap(value) ? Object.keys(value) : [];
  const named = String((value as Section | null)?.[kind ?? '']);
  const absent = (why: string) =>
    new SlipwayError('SECRET_MISSING', `"${key}" in ${file}: ${why}`, {
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
  throw invalid(file, `"${key}" is a secret and must be {env: NAME} or {file: PATH}, never its text`);
}
