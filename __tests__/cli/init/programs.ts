import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { Answers } from '../../../src/cli/init/answers.ts';
import type { Survey } from '../../../src/cli/init/survey.ts';
import { type Written, writeConfig } from '../../../src/cli/init/write-config.ts';
import { parseConfig } from '../../../src/core/config-file.ts';
import { planChain } from '../../../src/release/chain.ts';
import { checkLinks } from '../../../src/release/check.ts';
import { schemas } from '../../../src/release/definitions.ts';

export const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
export const example = (name: string) => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2WDzJ6rWSHFGk4gQ3wYfVrLDpTUmo7mJ1QZ3OPOGHj';

/** What a user answers to each TODO. */
const userAnswers: Readonly<Record<string, string>> = {
  hosts: 'deploy@web1.example.com',
  'known-hosts': `web1.example.com ${key}`,
  images: 'ghcr.io/acme/hello',
  checks: 'https://hello.example.com/ 200 within 1s',
  probes: 'https://hello.example.com/ 200 within 1s',
  listen: '8080',
};

/** The environment that slipway.yml names. */
const env: NodeJS.ProcessEnv = {
  SSH_PRIVATE_KEY: 'a key',
  KUBECONFIG_TEXT: 'a kubeconfig',
  APP_SECRETS: 'A=b',
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
const schema = await readFile(new URL('../../../schema/slipway.schema.json', import.meta.url), 'utf8');
ajv.addSchema(JSON.parse(schema), 'slipway.yml');

/** What editors and the chain say of a file as it was written, and once each TODO is answered. */
export async function judge(found: Survey, answers: Answers) {
  const written = writeConfig(found, answers);
  const valid = ajv.validate('slipway.yml', parse(written.text));
  const filled = answered(written);
  return {
    written,
    filled,
    schemaErrors: valid ? [] : ajv.errorsText(),
    before: await checkOf(written.text),
    after: await checkOf(filled),
  };
}

function answered({ text, todos }: Written): string {
  const lines = text.split('\n');
  for (const { line, key: name } of todos)
    lines[line - 1] = lines[line - 1]!.replace(/""[^\n]*$/, JSON.stringify(userAnswers[name]));
  return lines.join('\n');
}

/** The chain's own check of every section, before anything begins; an empty text when it finds nothing. */
async function checkOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-init-'));
  try {
    const file = join(folder, 'slipway.yml');
    await writeFile(file, text);
    const links = planChain({ ...parseConfig(text, 'slipway.yml'), file });
    return await checkLinks(links, schemas, env, folder).then(
      () => '',
      error => error.message,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
