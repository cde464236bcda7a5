import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { commands } from '../../src/cli/commands.ts';
import { readConfigFile } from '../../src/core/config-file.ts';
import { planChain } from '../../src/release/chain.ts';
import { checkLinks } from '../../src/release/check.ts';
import { findings } from '../../src/release/checklist.ts';
import { schemas } from '../../src/release/definitions.ts';
import { modes } from '../../src/release/modes.ts';
import { requirementsOf } from '../../src/release/require.ts';

const root = join(import.meta.dirname, '..', '..');
const pages = [
  'README.md',
  ...[
    'environments',
    'first-release',
    'from-setup-go-buildx-ssh-action',
    'from-kamal',
    'from-argo-and-flagger',
    'how-it-works',
    'serve',
    'pull',
  ].map(name => `docs/${name}.md`),
];
const texts = new Map(
  await Promise.all(pages.map(async page => [page, await readFile(join(root, page), 'utf8')] as const)),
);
const page = (name: string) => texts.get(name)!;
const blocks = (language: string) =>
  [...texts].flatMap(([name, text]) =>
    [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
      found => [name, found[1]!] as const,
    ),
  );
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(await readFile(join(root, 'schema', 'slipway.schema.json'), 'utf8')),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-docs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const env = {
  SSH_PRIVATE_KEY: 'the key of a test',
  KNOWN_HOSTS: `web1.example.com ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 1)]).toString('base64')}`,
};
const files = blocks('yaml').filter(
  ([, text]) => /^(build|image|deploy|records):/m.test(text) && !/^(on|jobs):/m.test(text),
);

test('the pages have files to check', () => {
  expect(files.map(([name]) => name)).toEqual(expect.arrayContaining(['README.md', 'docs/environments.md']));
});

describe.each(files)('a slipway.yml of %s', (name, text) => {
  test('fits the schema, and every action reads it in every environment', async () => {
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
    const file = join(folder, 'slipway.yml');
    await writeFile(file, text.replace(/web1\.example\.com ssh-ed25519 AAAA…/, env.KNOWN_HOSTS));
    const { environments } = await readConfigFile(file);
    for (const environment of environments.length === 0 ? [undefined] : environments) {
      const read = await readConfigFile(file, environment);
      requirementsOf(read);
      expect((await checkLinks(planChain(read), schemas, env, folder)).length).toBeGreaterThan(2);
    }
    expect(name).toMatch(/\.md$/);
  });
});

test('links lead to files that are there', () => {
  const dead = [...texts].flatMap(([name, text]) =>
    [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)]
      .filter(([, path]) => !existsSync(join(root, dirname(name), path!)))
      .map(([link]) => `${name}: ${link}`),
  );
  expect(dead).toEqual([]);
});

test('the table of modes has every mode, that of findings every finding', () => {
  const named = new Set(
    [...page('docs/environments.md').matchAll(/`([a-z-]+)(?:: ENVIRONMENT)?`/g)].map(([, word]) => word),
  );
  expect([...modes, ...Object.keys(findings), 'verified-in'].filter(name => !named.has(name))).toEqual([]);
});

test('every command of the terminal is one', () => {
  const used = blocks('sh').flatMap(([name, text]) =>
    [...text.matchAll(/OWNER\/slipway (\w+)/g)].map(([, command]) => [name, command!] as const),
  );
  const known = commands.map(({ name }) => name);
  expect(used.length).toBeGreaterThan(4);
  expect(used.filter(([, command]) => !known.includes(command))).toEqual([]);
});

test('the inputs that the guides name are inputs', () => {
  const inputs = new Set(Object.values(schemas).flatMap(({ inputs }) => Object.keys(inputs)));
  const cells = [
    'docs/from-kamal.md',
    'docs/from-setup-go-buildx-ssh-action.md',
    'docs/from-argo-and-flagger.md',
  ].flatMap(name =>
    page(name)
      .split('\n')
      .filter(line => line.startsWith('| '))
      .map(line => [name, line.split(' | ')[1] ?? ''] as const),
  );
  const unknown = cells.flatMap(([name, cell]) =>
    [...cell.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)]
      .filter(([, word]) => !inputs.has(word!) && !Object.keys(schemas).includes(word!))
      .map(([, word]) => `${name}: ${word}`),
  );
  expect(unknown).toEqual([]);
});
