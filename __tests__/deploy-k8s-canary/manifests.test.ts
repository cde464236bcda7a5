import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadManifests, parseManifests } from '../../src/deploy-k8s-canary/manifests.ts';

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
const names = (text: string) => parseManifests(text, 'all.yaml').map(one => one.metadata.name);

test.each([
  ['several documents, empty ones among them', '---\n# nothing\n---\nA\n---\n\n---\nB\n', ['a', 'b']],
  ['a List', '{"apiVersion": "v1", "kind": "List", "items": [A, B]}', ['a', 'b']],
  [
    'a List in a List, and an empty one',
    'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [A]}]\n---\n{apiVersion: v1, kind: List}',
    ['a'],
  ],
  ['JSON', 'A', ['a']],
])('%s', (_, text, expected) => {
  const filled = text.replaceAll('A', JSON.stringify(configMap('a'))).replaceAll('B', JSON.stringify(configMap('b')));
  expect(names(filled)).toEqual(expected);
});

test('numbers and anchors as kubectl reads them', () => {
  const [object] = parseManifests(
    'apiVersion: v1\nkind: Any\nmetadata: {name: a}\nmode: 0440\nplain: 440\ntext: "0440"\nbase: &base {x: 1}\nmerged: {<<: *base, y: 2}',
    'all.yaml',
  );
  expect(object).toMatchObject({ mode: 0o440, plain: 440, text: '0440', merged: { x: 1, y: 2 } });
});

test.each([
  ['a: [', /all\.yaml: .* at line 1, column 5/],
  ['apiVersion: v1\nkind: A\nkind: B', /all\.yaml: Map keys must be unique at line 3/],
  ['just text', /holds something without apiVersion and kind/],
  ['apiVersion: v1\nkind: A\nmetadata: {generateName: x-}', /holds a A without metadata.name/],
  ['apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization', /an instruction for kustomize/],
])('%j is refused', (text, message) => {
  expect(() => parseManifests(text, 'all.yaml')).toThrow(
    expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringMatching(message) }),
  );
});

test('objects of one name in two files are refused with the name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-manifests-'));
  try {
    await writeFile(join(folder, 'a.json'), JSON.stringify(configMap('same')));
    await writeFile(join(folder, 'b.yaml'), JSON.stringify(configMap('same')));
    await expect(loadManifests(['*'], folder, 'here')).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('ConfigMap/same is given twice'),
    });
    expect(await loadManifests(['a.json', 'a.*'], folder, 'here')).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
