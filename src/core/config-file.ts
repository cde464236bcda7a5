import { readFile } from 'node:fs/promises';
import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import type { ActionName } from './action-names.ts';
import { messageOf, SlipwayError } from './errors.ts';
import { exactNumber, isExactNumber } from './exact-number.ts';
import { didYouMean } from './suggest.ts';

/** The sections of slipway.yml and the actions that read them. `deploy` is a list; each entry has one `kind`. */
export const sections = {
  'setup-go-cross': 'build',
  'build-multiarch-image': 'image',
  'deploy-ssh-systemd': 'deploy',
  'deploy-k8s-canary': 'deploy',
  'verify-health': 'verify',
} as const satisfies Record<ActionName, string>;

export type Section = Record<string, unknown>;

/** An entry of `deploy`; several of one kind have each a name. */
export type Deployment = Section & { kind: ActionName; name?: string };

/** slipway.yml as data, its shape checked as far as every action needs it. */
export interface ConfigFile {
  readonly file: string;
  /** Of the release: what `build` has for its input of that name, unless it says otherwise. */
  readonly version?: string;
  readonly build?: Section;
  readonly image?: Section;
  readonly deploy?: readonly Deployment[];
  readonly verify?: Section;
}

const deployKinds = ['deploy-ssh-systemd', 'deploy-k8s-canary'];
const topLevel = ['version', 'build', 'image', 'deploy', 'verify'];

/** Reads slipway.yml. Syntax errors name line and column; unknown keys say what was probably meant. */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const text = await readFile(file, 'utf8').catch(error => {
    throw new SlipwayError('CONFIG_MISSING', `the config file ${file} cannot be read: ${error.code}`, {
      hint: 'Give the input "config" the path of a slipway.yml.',
      cause: error,
    });
  });
  return parseConfig(text, file);
}

export function parseConfig(text: string, file: string): ConfigFile {
  // `<<: *web` lets deployments share what they have in common.
  const document = parseDocument(text, { prettyErrors: true, lineCounter: new LineCounter(), merge: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw invalid(file, problem.message.split('\n')[0]!.replace(/:$/, ''));
  const data = dataOf(document, file);
  if (!isMap(data)) throw invalid(file, 'it is not a map with keys such as build, image, deploy, verify');
  for (const key of Object.keys(data)) {
    if (!topLevel.includes(key))
      throw invalid(file, `unknown key "${key}"${didYouMean(key, topLevel)}; allowed: ${topLevel.join(', ')}`);
  }
  for (const key of ['build', 'image', 'verify']) {
    if (data[key] === null) throw invalid(file, `"${key}" is empty: give it inputs, or {} for their defaults`);
    if (data[key] !== undefined && !isMap(data[key])) throw invalid(file, `"${key}" is not a map of inputs`);
  }
  const { version, deploy, ...rest } = data as Omit<ConfigFile, 'file'>;
  return {
    ...rest,
    ...(version === undefined ? {} : { version: word(version, 'version', file) }),
    ...(deploy === undefined ? {} : { deploy: deployments(deploy, file) }),
    file,
  };
}

/** The document's data; a number is kept as it was written: `1.20` is no `1.2`. */
function dataOf(document: Document.Parsed, file: string): unknown {
  visit(document, {
    Scalar: (key, node) => {
      if (typeof node.value === 'number' && node.source !== undefined && String(node.value) !== node.source)
        node.value = key === 'key' ? node.source : exactNumber(node.source);
    },
  });
  try {
    return document.toJS();
  } catch (error) {
    throw invalid(file, messageOf(error)); // an alias without its anchor, or one that unfolds without end
  }
}

/** A text or a number, as it was written. */
function word(value: unknown, where: string, file: string): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  if (isExactNumber(value)) return value.rawJSON;
  throw invalid(file, `"${where}" is not a text`);
}

function deployments(deploy: unknown, file: string): Deployment[] {
  if (!Array.isArray(deploy) || !deploy.every(isMap)) throw invalid(file, '"deploy" is not a list of deployments');
  const seen = new Map<string, number>();
  return deploy.map((entry, index) => {
    const kind = String(entry['kind'] ?? '');
    if (!deployKinds.includes(kind)) {
      throw invalid(
        file,
        `deploy[${index}].kind is "${kind}"${didYouMean(kind, deployKinds)}; allowed: ${deployKinds.join(', ')}`,
      );
    }
    const name = entry['name'] === undefined ? undefined : word(entry['name'], `deploy[${index}].name`, file);
    if (name !== undefined && /[#/\\]/.test(name))
      throw invalid(file, `deploy[${index}].name is "${name}": a name has no #, / or \\, because FILE#NAME names it`);
    const key = JSON.stringify([kind, name]);
    const other = seen.get(key);
    if (other !== undefined) {
      const alike = name === undefined ? 'without a name' : `with the name "${name}"`;
      throw invalid(file, `deploy[${other}] and deploy[${index}] are both ${kind} ${alike}: name them apart`);
    }
    seen.set(key, index);
    return { ...entry, kind: kind as ActionName, ...(name === undefined ? {} : { name }) };
  });
}

/** An error about the file; nothing has been changed when it is thrown. */
export function invalid(file: string, why: string): SlipwayError {
  return new SlipwayError('CONFIG_INVALID', `${file}: ${why}`, {
    hint: 'Nothing was changed. Correct the file and run again.',
  });
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}
