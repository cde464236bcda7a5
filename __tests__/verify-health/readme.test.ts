import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { allForms } from '../../src/core/health/forms/all.ts';
import { commonKeys } from '../../src/core/health/forms/policy.ts';
import { parseEveryCheck } from '../../src/core/health/index.ts';
import { objectives } from '../../src/verify-health/objectives/objective.ts';

const readme = readFileSync(new URL('../../actions/verify-health/README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);
const folder = mkdtempSync(join(tmpdir(), 'slipway-readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the checks that the README shows are checks, one of every kind', () => {
  const key = join(folder, 'cosign.pub');
  writeFileSync(key, '-----BEGIN PUBLIC KEY-----');
  const block = blocks.find(text => text.startsWith('checks: |'))!;
  const text = (parse(block) as { checks: string }).checks.replace('cosign.pub', key);
  const kinds = new Set(parseEveryCheck(text).map(check => check.kind));
  expect(kinds).toEqual(
    new Set([...allForms.map(({ word }) => (word === 'url' ? 'http' : word)).filter(kind => kind !== 'container')]),
  );
});

test('so are the objectives', () => {
  const block = blocks.find(text => text.includes('    objectives: |'))!;
  const [step] = parse(block) as [{ with: { objectives: string } }];
  expect(objectives.parse(step.with.objectives)).toMatchObject([
    { name: 'availability', target: 0.999, compare: 600_000, burn: [{ rate: 14.4 }, { rate: 6 }] },
  ]);
});

test('every key of every kind is in it', () => {
  const keys = [...allForms.flatMap(({ word, keys }) => [word, ...Object.keys(keys)]), ...Object.keys(commonKeys)];
  expect([...new Set(keys)].filter(key => key !== 'url' && !readme.includes(`\`${key}\``))).toEqual([]);
});

test('the example of every kind is one', () => {
  for (const { word, example } of allForms) {
    const [check] = parseEveryCheck(example.replace('sha256:…', `sha256:${'a'.repeat(64)}`));
    expect(check?.kind).toBe(word === 'url' ? 'http' : word);
  }
});
