import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { actionNames } from '../../src/core/action-names.ts';
import { define } from '../../src/core/definition.ts';
import { lines, text } from '../../src/core/values.ts';
import { schemas } from '../../src/release/definitions.ts';

const root = join(import.meta.dirname, '..', '..');
// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const script = (name: string): Promise<any> => import(new URL(`../../scripts/generate/${name}`, import.meta.url).href);
const { actionYml } = await script('action-yml.mjs');
const { between, inputsTable } = await script('tables.mjs');
const { slipwaySchema } = await script('schemas.mjs');

const definition = define({
  name: 'tiny',
  title: 'Tiny: a | b',
  description: 'x',
  icon: 'anchor',
  color: 'blue',
  inputs: {
    words: { description: 'Words | more.', value: lines, default: 'a\nb' },
    key: { description: 'A key.', value: text, secret: true, required: true },
  },
  outputs: { said: 'What it said.' },
});

describe('action.yml', () => {
  const data = parse(actionYml(definition, '../../dist/tiny'));

  test('has every input and output, runs on node24, and no post step that is not there', () => {
    expect(Object.keys(data.inputs)).toEqual(Object.keys(definition.inputs));
    expect(data.outputs).toEqual({ said: { description: 'What it said.' } });
    expect(data.runs).toEqual({ using: 'node24', main: '../../dist/tiny/index.js' });
    expect(parse(actionYml({ ...definition, post: true }, 'dist/tiny')).runs.post).toBe('dist/tiny/index.js');
  });

  test('no default hides what slipway.yml says', () => {
    for (const input of Object.values(data.inputs))
      expect(Object.keys(input as object)).toEqual(['description', 'required']);
  });
});

describe('tables of a README', () => {
  test('a cell may hold a bar and line ends', () => {
    expect(inputsTable(definition).split('\n').slice(2, 4)).toEqual([
      '| `words` | lines | `a b` | Words \\| more. |',
      '| `key` | text, secret | required | A key. |',
    ]);
  });

  test('stand between their markers; the text around is kept, and twice is as once', () => {
    const readme = 'before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter\n';
    const once = between(readme, 'x', 'new');
    expect(once).toBe('before\n<!-- x:begin -->\nnew\n<!-- x:end -->\nafter\n');
    expect(between(once, 'x', 'new')).toBe(once);
  });

  test.each(['no marker', '<!-- x:begin --> only', '<!-- x:end --><!-- x:begin -->'])('"%s" is an error', readme => {
    expect(() => between(readme, 'x', 'new')).toThrow('<!-- x:begin --> … <!-- x:end --> are missing');
  });
});

describe('what is committed is what the definitions say', () => {
  test.each(actionNames)('actions/%s', async name => {
    const folder = join(root, 'actions', name);
    expect(await readFile(join(folder, 'action.yml'), 'utf8')).toBe(actionYml(schemas[name], `../../dist/${name}`));
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain(`\n${inputsTable(schemas[name])}\n`);
  });

  test('schema/slipway.schema.json', async () => {
    const committed = await readFile(join(root, 'schema', 'slipway.schema.json'), 'utf8');
    expect(committed).toBe(`${JSON.stringify(slipwaySchema(schemas), undefined, 2)}\n`);
  });
});
