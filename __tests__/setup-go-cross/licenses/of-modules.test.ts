import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { licensesOf } from '../../../src/setup-go-cross/licenses/of-modules.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let folder: string;
let mit: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-licenses-'));
  mit = await readFile(join(root, 'LICENSE'), 'utf8');
  const files = {
    'mod/github.com/!burnt!sushi/toml@v1.0.0/COPYING': mit,
    'mod/example.com/same@v1.0.0/LICENSE': mit,
    'mod/example.com/same@v1.0.0/LICENSE-MIT': mit,
    'mod/example.com/two@v1.0.0/LICENSE': mit,
    'mod/example.com/two@v1.0.0/LICENSE.other': 'All rights reserved, really.',
    'mod/example.com/none@v1.0.0/README.md': mit,
    'mod/example.com/code@v1.0.0/license.go': 'package license',
    'own/vendor/example.com/vendored/LICENSE.md': mit,
    'go/LICENSE': mit,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['a module with capitals in its name', 'github.com/BurntSushi/toml', 'v1.0.0', 'MIT'],
  ['two files that say the same', 'example.com/same', 'v1.0.0', 'MIT'],
  ['two files that differ', 'example.com/two', 'v1.0.0', undefined],
  ['no such file', 'example.com/none', 'v1.0.0', undefined],
  ['code of that name', 'example.com/code', 'v1.0.0', undefined],
  ['a module that is vendored', 'example.com/vendored', 'v1.0.0', 'MIT'],
  ['a folder in the place of a module', 'example.com/same', undefined, undefined],
  ['a module that is not there', 'example.com/away', 'v1.0.0', undefined],
  ['the standard library', 'stdlib', '1.26.8', 'MIT'],
])('%s', async (_, name, version, id) => {
  const read = licensesOf({
    modules: join(folder, 'mod'),
    goroot: join(folder, 'go'),
    directory: join(folder, 'own'),
  });
  const component = { type: 'library', 'bom-ref': 'ref', name, ...(version !== undefined && { version }) } as const;
  expect((await read([component])).get('ref')).toBe(id);
});
