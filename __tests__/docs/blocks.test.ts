import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Inputs, readInputs, variableOf } from '../../src/core/inputs.ts';
import { readProject } from '../../src/deploy-ssh-systemd/compose/project.ts';
import { schemas } from '../../src/release/definitions.ts';
import { actionOf, blocks, blocksOf } from './blocks.ts';

const root = join(import.meta.dirname, '..', '..');

test('every block is of a kind that some test checks', () => {
  expect(blocks.filter(({ kind }) => kind === 'unknown').map(({ title }) => title)).toEqual([]);
  expect(new Set(blocks.map(({ kind }) => kind))).toEqual(
    new Set(['slipway.yml', 'workflow', 'steps', 'inputs', 'commands', 'drawing', 'news', 'compose file']),
  );
});

/** Pictures and lists of files; what draws or writes them is not ours to run. */
test('the drawings are those that are known', () => {
  expect(blocksOf('drawing').map(({ page, text }) => `${page}: ${text.split('\n')[0]}`)).toEqual([
    'README.md: flowchart LR',
    expect.stringMatching(/^scripts\/lab\/README\.md: CACHE\/hosts\/ /),
  ]);
});

test.each(blocksOf('compose file').map(block => [block.title, block] as const))(
  '%s: it can be released',
  (_, { text }) => {
    const around = {
      service: 'shop',
      environment: {},
      engine: undefined,
      secretEnvironment: { TOKEN: 'a-token-8841' },
      credentials: {},
    };
    expect(readProject(text, 'compose.yaml', around).name).toBe('shop');
  },
);

test.each(blocksOf('inputs').map(block => [block.title, block] as const))(
  '%s: the action reads these inputs',
  (_, { page, text }) => {
    const given = Object.entries(parse(text) as Record<string, unknown>);
    const { inputs } = actionOf(page) as unknown as { inputs: Inputs };
    const env = Object.fromEntries(
      given.map(([name, value]) => [variableOf(name), String(value).replaceAll(/\$\{\{.*?\}\}/g, 'word')]),
    );
    // What a fragment leaves out is not asked for.
    const own = Object.fromEntries(given.map(([name]) => [name, inputs[name]!]));
    expect(Object.keys(readInputs(own, env))).toEqual(given.map(([name]) => name));
  },
);

describe.each(Object.keys(schemas))('the page of %s', name => {
  test('has five examples or more, each a whole step or workflow', () => {
    const whole = blocks.filter(
      ({ page, kind, text }) =>
        page === `actions/${name}/README.md` &&
        (kind === 'steps' || kind === 'workflow') &&
        text.includes(`uses: OWNER/slipway/actions/${name}@v1`),
    );
    expect(whole.length).toBeGreaterThanOrEqual(5);
  });

  test('compares, and says what the action does not do', async () => {
    const page = await readFile(join(root, 'actions', name, 'README.md'), 'utf8');
    expect(page).toMatch(/^## Compared/m);
    const limits = /^## Limits\n\n((?:- .*\n)+)/m.exec(page)?.[1];
    expect(limits?.trim().split('\n').length).toBeGreaterThanOrEqual(4);
  });
});
