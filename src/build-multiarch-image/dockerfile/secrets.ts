import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { maskSecret } from '../../core/mask.ts';

export interface SecretInputs {
  readonly secrets: Readonly<Record<string, string>>;
  readonly 'secret-files': Readonly<Record<string, string>>;
  readonly 'secret-envs': Readonly<Record<string, string>>;
}

export interface Secrets {
  /** Values of `--secret`: they name where a secret is, never what it is. Both engines take the same. */
  readonly flags: readonly string[];
  /** Variables that the engine's process needs besides ours. */
  readonly env: Readonly<Record<string, string>>;
}

/** Values go to the engine in its environment: not in its arguments, which every user of the machine can read, nor on disk. */
export async function secretsOf(inputs: SecretInputs, directory: string, env: NodeJS.ProcessEnv): Promise<Secrets> {
  const flags: string[] = [];
  const added: Record<string, string> = {};
  const seen = new Set<string>();
  const add = (id: string, where: string) => {
    if (!/^[\w.-]+$/.test(id))
      throw invalid(`"${id}" is not the id of a secret`, 'Ids have letters, digits, ".", "_" and "-".');
    if (seen.has(id))
      throw invalid(`the secret "${id}" is given twice`, 'Give it by one of secrets, secret-files and secret-envs.');
    seen.add(id);
    flags.push(`id=${id},${where}`);
  };
  for (const [index, [id, value]] of Object.entries(inputs.secrets).entries()) {
    const variable = `SLIPWAY_BUILD_SECRET_${index}`;
    add(id, `env=${variable}`);
    if (value === '')
      throw invalid(`the secret "${id}" is empty`, 'Does the workflow have it? Forks do not get secrets.');
    maskSecret(value);
    added[variable] = value;
  }
  for (const [id, variable] of Object.entries(inputs['secret-envs'])) {
    const value = env[variable];
    if (!/^\w+$/.test(variable) || value === undefined || value === '')
      throw invalid(
        `the environment variable ${variable} of the secret "${id}" is not set`,
        'Pass it to the step as env.',
      );
    add(id, `env=${variable}`);
    maskSecret(value);
  }
  for (const [id, path] of Object.entries(inputs['secret-files'])) {
    const file = resolve(directory, path);
    if (/[,"\n]/.test(file)) throw invalid(`the path of the secret "${id}" has a comma or quote`, 'Rename the file.');
    if (!(await stat(file).catch(() => undefined))?.isFile())
      throw invalid(`the file ${path} of the secret "${id}" is not there`, 'Write it in a step before.');
    add(id, `src=${file}`);
  }
  return { flags, env: added };
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', message, { hint });
}
