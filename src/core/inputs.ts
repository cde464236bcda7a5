import { messageOf, SlipwayError } from './errors.ts';
import { maskSecret } from './mask.ts';
import { didYouMean } from './suggest.ts';
import { bool, lines, text, type Value } from './values.ts';

/** One input of an action. Defaults are applied here, never by action.yml, so that a slipway.yml can stand between the two. */
export interface Input<T, D extends T | undefined = T | undefined> {
  readonly description: string;
  readonly value: Value<T>;
  /** Written as a user would write it; parsed like any other text. */
  readonly default?: string;
  readonly required?: boolean;
  /** Masked before anything else happens; never shown in an error. */
  readonly secret?: boolean;
  /** Only for the type: present when a default or `required` makes the value certain. */
  readonly certain?: D;
}

// biome-ignore lint/suspicious/noExplicitAny: the map holds inputs of every type
export type Inputs = Record<string, Input<any, any>>;

export type Read<S extends Inputs> = {
  [K in keyof S]: S[K] extends { value: Value<infer T> }
    ? S[K] extends { default: string } | { required: true }
      ? T
      : T | undefined
    : never;
};

/** Inputs that every action has. */
export const commonInputs = {
  release: {
    description:
      'Release record of the steps before: a path, several (one a line) or a glob. Or a release that `records: oci` keeps, which is fetched and checked: `oci://REPO`, `oci://REPO:VERSION`, `oci://REPO@sha256:…`.',
    value: lines,
    default: '',
  },
  config: {
    description:
      'A slipway.yml whose section for this action gives what the inputs leave out; `FILE@ENVIRONMENT` takes one of its environments, `FILE#NAME` one of several deployments.',
    value: text,
  },
  'working-directory': {
    description: 'Where relative paths begin and `slipway-out/` is written.',
    value: text,
    default: '.',
  },
  summary: { description: 'Write the job summary.', value: bool, default: 'true' },
} as const satisfies Inputs;

/** What a step is told by its workflow only: slipway.yml cannot say where it is itself, or where paths in it begin. */
const notInFile: readonly string[] = ['release', 'config', 'working-directory'] satisfies (keyof typeof commonInputs)[];

/** The inputs that slipway.yml can give. */
export function fileKeys(schema: Inputs): string[] {
  return Object.keys(schema).filter(name => !notInFile.includes(name));
}

/** The environment variable in which a runner passes an input. */
export function variableOf(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

/**
 * Reads every input once, into one typed object. All problems are reported in one error, each with the input's
 * name, the value (never a secret's), and what is allowed.
 *
 * @param section values of the slipway.yml section, used where the runner gave none
 * @param at where a value of the section stands: `slipway.yml:12`
 */
export function readInputs<S extends Inputs>(
  schema: S,
  env: NodeJS.ProcessEnv = process.env,
  section: Readonly<Record<string, string>> = {},
  at?: (input: string) => string,
): Read<S> {
  const problems = [...unknownInputs(schema, env), ...unknownKeys(schema, section, at)];
  const read: Record<string, unknown> = {};
  for (const [name, input] of Object.entries(schema)) {
    const fromRunner = (env[variableOf(name)] ?? '').trim();
    const raw = fromRunner || (section[name] ?? '').trim();
    if (input.secret && raw !== '') maskSecret(raw);
    const given = raw === '' ? (input.default ?? '') : raw;
    if (given === '') {
      const where = at === undefined ? '' : ` (${at(name)})`;
      if (input.required) problems.push(`input "${name}" is missing${where}: give ${input.value.allowed}`);
      read[name] = input.default === undefined ? undefined : emptyOf(input.value);
      continue;
    }
    try {
      read[name] = input.value.parse(given);
    } catch (error) {
      const safe = input.value.show?.(given) ?? given;
      const shown = input.secret ? '***' : JSON.stringify(safe.length > 120 ? `${safe.slice(0, 117)}...` : safe);
      const why = input.secret ? 'cannot be used' : messageOf(error);
      const todo = !input.secret && error instanceof SlipwayError && error.hint !== undefined ? ` (${error.hint})` : '';
      const where = fromRunner === '' && section[name] !== undefined && at !== undefined ? ` (${at(name)})` : '';
      problems.push(`input "${name}" is ${shown}${where}: ${why}; allowed: ${input.value.allowed}${todo}`);
    }
  }
  if (problems.length > 0) {
    throw new SlipwayError('INPUT_INVALID', problems.join('; '), {
      hint: 'Nothing was changed. Correct the input and run again.',
    });
  }
  return read as Read<S>;
}

function emptyOf(value: Value<unknown>): unknown {
  return value.parse('');
}

function unknownInputs(schema: Inputs, env: NodeJS.ProcessEnv): string[] {
  const known = new Map(Object.keys(schema).map(name => [variableOf(name), name]));
  return Object.keys(env)
    .filter(variable => variable.startsWith('INPUT_') && !known.has(variable) && env[variable] !== '')
    .map(variable => variable.slice('INPUT_'.length).toLowerCase())
    .map(
      name =>
        `unknown input "${name}"${didYouMean(name, Object.keys(schema)) || `; allowed: ${Object.keys(schema).join(', ')}`}`,
    );
}

function unknownKeys(schema: Inputs, section: object, at: (key: string) => string = () => 'the config file'): string[] {
  const known = fileKeys(schema);
  return Object.keys(section)
    .filter(key => !known.includes(key))
    .map(key => `unknown key "${key}" in ${at(key)}${didYouMean(key, known) || `; allowed: ${known.join(', ')}`}`);
}
