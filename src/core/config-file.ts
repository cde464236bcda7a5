import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { ActionName } from './action-names.ts';
import { type Deployment, deploymentsOf, isMap, type Section, word } from './config-deployments.ts';
import { type ConfigPath, invalid, readDocument } from './config-document.ts';
import { applyEnvironment, environmentsOf } from './config-environments.ts';
import { SlipwayError } from './errors.ts';
import { didYouMean } from './suggest.ts';

/** The sections of slipway.yml and the actions that read them. `deploy` is a list; each entry has one `kind`. */
export const sections = {
  'setup-go-cross': 'build',
  'build-multiarch-image': 'image',
  'deploy-ssh-systemd': 'deploy',
  'deploy-k8s-canary': 'deploy',
  'verify-health': 'verify',
} as const satisfies Record<ActionName, string>;

/** slipway.yml as data, its shape checked as far as every action needs it, an environment's own laid over it. */
export interface ConfigFile {
  readonly file: string;
  /** Of the release: what `build` has for its input of that name, unless it says otherwise. */
  readonly version?: string;
  /** Where releases and what was done with them are kept; read by whoever keeps them. */
  readonly records?: unknown;
  /** Who is told how a run ended: the environment's, else the file's; read by whoever tells them. */
  readonly notify?: unknown;
  /** What the platform team asks of every release; read by whoever deploys. */
  readonly policy?: unknown;
  /** What `slipway serve` listens for; read by it. */
  readonly serve?: unknown;
  /** What is generated for whoever looks after the service; read by who writes it. */
  readonly observe?: Section;
  readonly build?: Section;
  readonly image?: Section;
  readonly deploy?: readonly Deployment[];
  readonly verify?: Section;
  /** Names of all environments of the file. */
  readonly environments: readonly string[];
  /** The one that was asked for. */
  readonly environment?: string;
  /** Of that environment. */
  readonly url?: string;
  /** Of that environment: findings of the checklist that have to be met. */
  readonly require: readonly unknown[];
  /** When nothing is deployed, of the file and of that environment; read by whoever deploys. */
  readonly freeze: readonly { readonly entry: unknown; readonly path: ConfigPath }[];
  /** `slipway.yml:12`, of the part that a path names; paths are those of this object. */
  readonly at: (path: ConfigPath) => string;
}

const topLevel = [
  'version',
  'records',
  'notify',
  'freeze',
  'policy',
  'serve',
  'observe',
  'build',
  'image',
  'deploy',
  'verify',
  'environments',
];

/**
 * Reads slipway.yml. Errors name the line; unknown keys say what was probably meant.
 *
 * @param environment the one of its `environments` whose own values are laid over the file's
 */
export async function readConfigFile(file: string, environment?: string): Promise<ConfigFile> {
  const text = await readFile(file, 'utf8').catch(error => {
    throw new SlipwayError('CONFIG_MISSING', `the config file ${file} cannot be read: ${error.code}`, {
      hint: 'Nothing was changed. Give "config" the path of a slipway.yml; `slipway init` writes one.',
      cause: error,
    });
  });
  return { ...parseConfig(text, shown(file), environment), file };
}

/** As people wrote it: below the folder that they are in, without it. */
function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}

export function parseConfig(text: string, file: string, environment?: string): ConfigFile {
  const { data, at } = readDocument(text, file);
  const { environments: given, deploy: list, version, freeze, ...rest } = shapeOf(data, file, at);
  const environments = given === undefined ? {} : environmentsOf(given, at);
  const deploy = list === undefined ? undefined : deploymentsOf(list, at);
  const read = {
    ...(rest as { observe?: Section; build?: Section; image?: Section; verify?: Section }),
    ...(version === undefined ? {} : { version: word(version, 'version', at(['version'])) }),
    ...(deploy === undefined ? {} : { deploy }),
    file,
    environments: Object.keys(environments),
    require: [],
    freeze: entriesAt(freeze, ['freeze'], at),
    at,
  };
  // Each is laid over the file: what does not fit is found whichever is deployed to.
  const applied = Object.entries(environments).map(
    ([name, own]) => [name, applyEnvironment(name, own, { ...read, deploy: deploy ?? [] }, at)] as const,
  );
  if (environment === undefined) return read;
  const found = applied.find(([name]) => name === environment)?.[1];
  if (found === undefined) throw unknownEnvironment(environment, read);
  const { url, require = [], notify, freeze: own } = environments[environment]!;
  return {
    ...read,
    ...(found.deploy.length === 0 ? {} : { deploy: found.deploy }),
    ...(found.verify === undefined ? {} : { verify: found.verify }),
    ...(found.observe === undefined ? {} : { observe: found.observe }),
    environment,
    ...(url === undefined ? {} : { url }),
    require,
    freeze: [...read.freeze, ...entriesAt(own, ['environments', environment, 'freeze'], at)],
    ...(notify === undefined ? {} : { notify }),
    at: path =>
      at(path[0] === 'notify' && notify !== undefined ? ['environments', environment, ...path] : found.origin(path)),
  };
}

function entriesAt(list: unknown, path: ConfigPath, at: (path: ConfigPath) => string): ConfigFile['freeze'] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw invalid(at(path), `"${path.join('.')}" is not a list of windows`);
  return list.map((entry, index) => ({ entry, path: [...path, index] }));
}

function shapeOf(data: unknown, file: string, at: (path: ConfigPath) => string): Section {
  if (!isMap(data)) throw invalid(file, 'it is not a map with keys such as build, image, deploy, verify');
  for (const key of Object.keys(data)) {
    if (!topLevel.includes(key))
      throw invalid(at([key]), `unknown key "${key}"${didYouMean(key, topLevel)}; allowed: ${topLevel.join(', ')}`);
  }
  for (const key of ['observe', 'build', 'image', 'verify']) {
    if (data[key] === null) throw invalid(at([key]), `"${key}" is empty: give it inputs, or {} for their defaults`);
    if (data[key] !== undefined && !isMap(data[key])) throw invalid(at([key]), `"${key}" is not a map of inputs`);
  }
  return data;
}

function unknownEnvironment(name: string, { file, environments, at }: ConfigFile): SlipwayError {
  return environments.length === 0
    ? invalid(file, `it has no environments, so not "${name}" either`)
    : invalid(
        at(['environments']),
        `there is no environment "${name}"${didYouMean(name, [...environments])}; there are ${environments.join(', ')}`,
      );
}
