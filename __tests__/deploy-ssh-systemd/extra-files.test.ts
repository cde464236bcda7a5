import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { collectFiles, fileRules } from '../../src/deploy-ssh-systemd/extra-files.ts';

describe('fileRules', () => {
  test.each([
    ['web:public', { source: 'web', destination: 'public', mode: undefined }],
    ['*.html:pages/:640', { source: '*.html', destination: 'pages/', mode: '640' }],
    ['C:\\web\\x.html:x.html:0644', { source: 'C:\\web\\x.html', destination: 'x.html', mode: '644' }],
  ])('%s', (text, rule) => expect(fileRules.parse(text)).toEqual([rule]));

  test.each([
    'web',
    'web:',
    ':x',
    'web:/etc',
    'web:../x',
    'web:a/../../x',
    'web:a//b',
    'web:x:4755',
    'web:x:77',
    'web:a \t/b',
  ])('not %j', text => expect(() => fileRules.parse(text)).toThrow());

  test('no destination leads out of the folder, or breaks the line of the listing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', ' ', '\n', '\\', ':', '-', '\t', '$') }), text => {
        let rules: { destination: string }[];
        try {
          rules = fileRules.parse(`x:${text}`);
        } catch {
          return;
        }
        for (const { destination } of rules) expect(destination).not.toMatch(/(^|\/)\.\.?(\/|$)|^\/|\/\/|[\n\t\\]/);
      }),
    );
  });
});

describe('collectFiles', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-files-'));
    await mkdir(join(folder, 'web/css'), { recursive: true });
    for (const name of ['web/a.html', 'web/css/x.css', 'run.sh', 'b.html']) await writeFile(join(folder, name), name);
    await chmod(join(folder, 'run.sh'), 0o755);
    await symlink('a.html', join(folder, 'web/link.html'));
    await symlink('/etc/hostname', join(folder, 'out'));
    await mkdir(join(folder, 'circle'));
    await symlink('.', join(folder, 'circle/again'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const collect = async (text: string) => {
    const found = await collectFiles(fileRules.parse(text), folder, AbortSignal.timeout(5000));
    return found.map(({ path, mode }) => `${mode} ${path}`);
  };

  test.each([
    ['run.sh:bin/start', ['755 bin/start']],
    ['run.sh:bin/:700', ['700 bin/run.sh']],
    ['web:public', ['644 public/a.html', '644 public/css/x.css', '644 public/link.html']],
    ['*.html:pages/\nrun.sh:run', ['644 pages/b.html', '755 run']],
    ['w*:all', ['644 all/web/a.html', '644 all/web/css/x.css', '644 all/web/link.html']],
  ])('%j', async (text, expected) => expect(await collect(text)).toEqual(expected));

  test.each([
    ['nowhere:x', 'FILES_MISSING'],
    ['*.nothing:x', 'FILES_MISSING'],
    ['out:x', 'FILES_ESCAPE'],
    ['run.sh:x\nb.html:x', 'FILES_CONFLICT'],
    ['run.sh:x\nb.html:x/y', 'FILES_CONFLICT'],
    ['/dev/null:x', 'FILES_SPECIAL'],
    ['circle:x', 'FILES_INVALID'],
  ])('%j is refused: %s', async (text, code) => {
    await expect(collect(text)).rejects.toMatchObject({ code });
  });
});
