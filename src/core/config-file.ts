import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { ActionName } from './action-names.ts';
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

export type Section = Record<string, unknown>;

/** slipway.yml as data, its shape checked as far as every action needs it. */
export interface ConfigFile {
  readonly file: string;
  readonly name?: string;
  readonly version?: string;
  readonly build?: Section;
  readonly image?: Section;
  readonly deploy?: readonly (Section & { kind: ActionName; name?: string })[];
  readonly verify?: Section;
}

const deployKinds = ['deploy-ssh-systemd', 'deploy-k8s-canary'];
const topLevel = ['name', 'version', 'build', 'image', 'deploy', 'verify'];

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
  const document = parseDocument(text, { prettyErrors: true, lineCounter: new LineCounter() });
  const [problem] = document.errors;
  if (problem !== undefined) throw invalid(file, problem.message.split('\n')[0]!);
  const data: unknown = document.toJS();
  if (!isMap(data)) throw invalid(file, 'it is not a map with keys such as build, image, deploy, verify');
  for (const key of Object.keys(data)) {
    if (!topLevel.includes(key))
      throw invalid(file, `unknown key "${key}"${didYouMean(key, topLevel)}; allowed: ${topLevel.join(', ')}`);
  }
  for (const key of ['build', 'image', 'verify']) {
    if (data[key] !== undefined && !isMap(data[key])) throw invalid(file, `"${key}" is not a map of inputs`);
  }
  if (data['deploy'] !== undefined) checkDeploy(data['deploy'], file);
  return { ...(data as Omit<ConfigFile, 'file'>), file };
}

function checkDeploy(deploy: unknown, file: string): void {
  if (!Array.isArray(deploy) || !deploy.every(isMap)) throw invalid(file, '"deploy" is not a list of deployments');
  deploy.forEach((entry, index) => {
    const kind = String(entry['kind'] ?? '');
    if (!deployKinds.includes(kind)) {
      throw invalid(
        file,
        `deploy[${index}].kind is "${kind}"${didYouMean(kind, deployKinds)}; allowed: ${deployKinds.join(', ')}`,
      );
    }
  });
}

/** An error about the file; nothing has been changed when it is thrown. */
export function invalid(file: string, why: string): SlipwayError {
  return new SlipwayError('CONFIG_INVALID', `${file}: ${why}`, {
    hint: 'Nothing was changed. Correct the file and run again.',
  });
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
