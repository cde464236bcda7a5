import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { ActionName } from '../src/core/action-names.ts';
import { type Inputs, readInputs, variableOf } from '../src/core/inputs.ts';
import { schemas } from '../src/release/definitions.ts';
import { definition as release } from '../src/release/inputs.ts';

const root = join(import.meta.dirname, '..');
const definitions = { ...schemas, '': release } as Record<ActionName | '', typeof release & { inputs: Inputs }>;

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly with?: Record<string, unknown>;
  readonly env?: Record<string, string>;
}

interface Block {
  /** File and line, for the tests' titles. */
  readonly title: string;
  readonly text: string;
}

async function readmes(): Promise<string[]> {
  const below = async (folder: string) =>
    (await readdir(join(root, folder))).map(name => join(folder, name, 'README.md'));
  return ['README.md', 'src/README.md', ...(await below('actions')), ...(await below('examples'))];
}

async function blocksOf(file: string): Promise<Block[]> {
  const text = await readFile(join(root, file), 'utf8');
  return [...text.matchAll(/```ya?ml\n(.*?)```/gs)].map(({ 1: block, index }) => ({
    title: `${file}:${text.slice(0, index).split('\n').length}`,
    text: block!,
  }));
}

/** The steps of a block: of a whole workflow, of jobs, or a list of steps. A slipway.yml has none. */
function stepsOf({ text }: Block): Step[] {
  const data = parse(text) as Step[] | { jobs?: Record<string, { steps?: Step[] }> };
  return Array.isArray(data) ? data : Object.values(data.jobs ?? {}).flatMap(job => job.steps ?? []);
}

/** `''` is the root action. */
const actionOf = (step: Step): ActionName | '' | undefined =>
  (/^OWNER\/slipway(?:\/actions\/([^@]+))?@v1$/.exec(step.uses ?? '')?.slice(1)[0] as ActionName | undefined) ??
  (step.uses === 'OWNER/slipway@v1' ? '' : undefined);

const files = await readmes();
const blocks = (await Promise.all(files.map(blocksOf))).flat();
const steps = blocks.flatMap(block => stepsOf(block).map(step => ({ title: block.title, block, step })));
const ours = steps.filter(({ step }) => step.uses?.startsWith('OWNER/'));
/** An expression stands for whatever the workflow has there; here for a word. */
const filledIn = (value: unknown) => String(value).replaceAll(/\$\{\{.*?\}\}/g, 'linux');

test('every action is shown, each in its own README', () => {
  const shown = ours.map(({ title, step }) => `${title.split(':')[0]} ${actionOf(step)}`);
  for (const name of Object.keys(schemas)) expect(shown).toContain(`actions/${name}/README.md ${name}`);
  expect(shown).toContain('README.md ');
});

test.each(blocks.map(block => [block.title, block.text]))('%s is YAML', (_, text) => {
  expect(parse(text)).toBeInstanceOf(Object);
});

describe.each(ours.map(one => [`${one.title} ${one.step.uses}`, one] as const))('%s', (_, { step }) => {
  const { inputs } = definitions[actionOf(step)!];

  test('has only inputs of the action, each with a value that it takes, and none that it needs is left out', () => {
    const given = Object.entries(step.with ?? {}).map(([name, value]) => [variableOf(name), filledIn(value)]);
    // a job of a matrix takes its target from an expression
    const target = (value: string) => value.replace(/^linux(\/linux)?$/, 'linux/amd64');
    const env = Object.fromEntries(
      given.map(([name, value]) => [name, name === 'INPUT_TARGETS' ? target(value!) : value]),
    );
    expect(Object.keys(readInputs(inputs, env))).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
  });

  test('names its inputs as the action does', () => {
    for (const name of Object.keys(step.with ?? {})) expect(Object.keys(inputs)).toContain(name);
  });

  test('takes every secret from an expression', () => {
    for (const [name, value] of Object.entries(step.with ?? {}))
      if (inputs[name]?.secret) expect(value).toMatch(/^([\w-]+=)?\$\{\{ secrets\.[A-Z_]+ \}\}\n?$/);
  });
});

/** Which action gives the record under the ids that the READMEs use, where the step itself is not shown. */
const shownElsewhere: Record<string, ActionName[]> = {
  build: ['setup-go-cross'],
  image: ['build-multiarch-image'],
  deploy: ['deploy-ssh-systemd', 'deploy-k8s-canary'],
};

const referenced = blocks.flatMap(block =>
  [...block.text.matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)].map(([, id, output]) => ({ block, id, output })),
);

test.each(referenced.map(one => [`${one.block.title} steps.${one.id}.outputs.${one.output}`, one] as const))(
  '%s is an output',
  (_, { block, id, output }) => {
    const here = stepsOf(block).filter(step => step.id === id);
    const actions = here.length > 0 ? here.map(actionOf) : shownElsewhere[id!];
    expect(actions).toBeDefined();
    for (const name of actions!) expect(Object.keys(definitions[name!].outputs)).toContain(output);
  },
);

test.each(await readdir(join(root, 'examples/workflows')).then(names => names.filter(name => name.endsWith('.yml'))))(
  'examples/workflows/%s, which act runs, is what a README shows',
  async name => {
    const text = await readFile(join(root, 'examples/workflows', name), 'utf8');
    const shown = await Promise.all(files.map(file => readFile(join(root, file), 'utf8')));
    expect(shown.join('\n')).toContain(`\`\`\`yaml\n${text}\`\`\`\n`);
  },
);

test('a matrix over GOARCH takes 20 lines', async () => {
  const text = await readFile(join(root, 'examples/workflows/goarch-matrix.yml'), 'utf8');
  expect(text.trimEnd().split('\n')).toHaveLength(20);
});

describe('what a newcomer finds in the README, in this order', () => {
  const order = [
    ['what it is', /^# Slipway$/m],
    ['a picture of the chain', /^```mermaid$/m],
    ['the two commands', /^## Two commands$/m],
    ['a workflow', /^## A workflow to copy$/m],
    ['the table of actions', /^## The actions$/m],
  ] as const;

  test('all is there, in order', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const places = order.map(([, pattern]) => text.search(pattern));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test('what it is takes three lines', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const said = text.slice(text.indexOf('\n'), text.indexOf('```mermaid')).trim();
    expect(said.split('\n')).toHaveLength(3);
  });

  test('the two commands are scripts of package.json', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const commands = /## Two commands\n\n```sh\n(.*?)```/s.exec(text)![1]!.trim().split('\n');
    expect(commands).toHaveLength(2);
    for (const command of [...text.matchAll(/^npm (?:run )?(\w+)/gm)].map(found => found[1]!))
      expect(Object.keys(scripts)).toContain(command);
  });
});

describe.each(files)('the links of %s', file => {
  test('lead to files that are there', async () => {
    const text = await readFile(join(root, file), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(found => found[1]!);
    for (const target of targets) await expect(readOrList(join(root, file, '..', target))).resolves.toBeDefined();
  });
});

const readOrList = (path: string) => readFile(path).catch(() => readdir(path));
