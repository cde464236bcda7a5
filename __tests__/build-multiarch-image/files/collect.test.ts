import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { collectFiles } from '../../../src/build-multiarch-image/files/collect.ts';
import { withParents } from '../../../src/build-multiarch-image/files/layer.ts';
import { parseFileRule } from '../../../src/build-multiarch-image/files/parse.ts';
import { sha256 } from '../../../src/core/files.ts';
import type { Entry } from '../../../src/core/tar.ts';

const signal = new AbortController().signal;
let top: string;
let work: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'slipway-files-'));
  work = join(top, 'work');
  for (const path of ['web/index.html', 'web/css/a.css', 'web/css/b.css', 'config.yml', 'run.sh', '../outside']) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    await writeFile(join(work, path), path);
  }
  await chmod(join(work, 'run.sh'), 0o700);
  await chmod(join(work, 'config.yml'), 0o600);
});
afterEach(() => rm(top, { recursive: true }));

const collect = (...lines: string[]) => collectFiles(lines.map(parseFileRule), work, signal);
const short = ({ name, mode, link }: Entry) => `${mode.toString(8)} ${name}${link ? ` -> ${link.target}` : ''}`;
const found = async (...lines: string[]) => (await collect(...lines)).map(short);

describe('files', () => {
  test.each<[string, string[], string[]]>([
    ['a file under a name', ['config.yml:/etc/app.yml'], ['644 etc/app.yml']],
    ['a file into the root', ['config.yml:/'], ['644 config.yml']],
    ['a file into a folder', ['config.yml:/etc/'], ['644 etc/config.yml']],
    ['what its owner may execute', ['run.sh:/run.sh'], ['755 run.sh']],
    ['a mode', ['run.sh:/run.sh:0640'], ['640 run.sh']],
    [
      'the content of a folder',
      ['web:/srv'],
      ['755 srv/', '755 srv/css/', '644 srv/css/a.css', '644 srv/css/b.css', '644 srv/index.html'],
    ],
    ['a folder at the root', ['web/css:/'], ['644 a.css', '644 b.css']],
    ['a glob', ['web/**/*.css:/css'], ['644 css/a.css', '644 css/b.css']],
    [
      'folders that a glob finds',
      ['w*:/srv'],
      ['755 srv/web/', '755 srv/web/css/', '644 srv/web/css/a.css', '644 srv/web/css/b.css', '644 srv/web/index.html'],
    ],
    ['a mode is of files', ['web/css:/css:600'], ['755 css/', '600 css/a.css', '600 css/b.css']],
    [
      'two folders in one place',
      ['web/css:/x', 'config.yml:/x/'],
      ['755 x/', '644 x/a.css', '644 x/b.css', '644 x/config.yml'],
    ],
    ['an odd path', ['config.yml:/a//./b'], ['644 a/b']],
  ])('%s', async (_, lines, expected) => expect(await found(...lines)).toEqual(expected));

  test('are told by their sha256', async () => {
    const [entry] = await collect('config.yml:/c');
    expect(entry!.content).toEqual({ path: join(work, 'config.yml'), sha256: sha256('config.yml') });
  });

  test('an absolute SRC is the user’s own word', async () => {
    expect(await found(`${join(top, 'outside')}:/x`)).toEqual(['644 x']);
  });

  test('links within the folder stay links', async () => {
    await symlink('css/a.css', join(work, 'web', 'latest.css'));
    expect(await found('web:/srv')).toContain('777 srv/latest.css -> css/a.css');
  });

  test('a link that is named itself is followed, within the working directory', async () => {
    await symlink('config.yml', join(work, 'link'));
    expect(await found('link:/etc/x')).toEqual(['644 etc/x']);
  });
});

describe('hostile files', () => {
  test.each<[string, string, (() => Promise<unknown>) | undefined, string]>([
    ['a path that leads out', '../outside:/x', undefined, 'FILES_ESCAPE'],
    ['a glob that leads out', '../out*:/x', undefined, 'FILES_ESCAPE'],
    ['a link that leads out', 'l:/x', () => symlink('../outside', join(work, 'l')), 'FILES_ESCAPE'],
    ['a linked folder that leads out', 'l/outside:/x', () => symlink('..', join(work, 'l')), 'FILES_ESCAPE'],
    ['a linked folder that leads out, by a glob', 'l/*:/x', () => symlink('..', join(work, 'l')), 'FILES_ESCAPE'],
    [
      'a link in a folder that leads out',
      'web:/x',
      () => symlink('../../outside', join(work, 'web/l')),
      'FILES_ESCAPE',
    ],
    ['a link out of its folder', 'web:/x', () => symlink('../config.yml', join(work, 'web/l')), 'FILES_ESCAPE'],
    ['a link out and in again', 'web:/x', () => symlink('../web/index.html', join(work, 'web/l')), 'FILES_ESCAPE'],
    ['an absolute link', 'web:/x', () => symlink('/etc/passwd', join(work, 'web/l')), 'FILES_LINK'],
    ['a link to nothing', 'web:/x', () => symlink('absent', join(work, 'web/l')), 'FILES_LINK'],
    ['a link to itself', 'web:/x', () => symlink('l', join(work, 'web/l')), 'FILES_LINK'],
    ['a whiteout', 'web:/x', () => writeFile(join(work, 'web/.wh.a'), ''), 'FILES_INVALID'],
    ['an opaque whiteout', 'web:/x', () => writeFile(join(work, 'web/.wh..wh..opq'), ''), 'FILES_INVALID'],
    ['a pipe', 'web:/x', async () => execFileSync('mkfifo', [join(work, 'web/p')]), 'FILES_SPECIAL'],
    ['nothing', 'absent:/x', undefined, 'FILES_MISSING'],
    ['a glob without a match', '*.absent:/x', undefined, 'FILES_MISSING'],
  ])('%s', async (_, line, prepare, code) => {
    await prepare?.();
    await expect(collect(line)).rejects.toMatchObject({ code });
  });

  test.each([
    ['two sources for one path', ['config.yml:/x', 'run.sh:/x']],
    ['a file below a file', ['config.yml:/x', 'run.sh:/x/y']],
    ['a file where a folder is', ['web:/x', 'run.sh:/x/css']],
  ])('%s', async (_, lines) => {
    await expect(collect(...lines)).rejects.toMatchObject({ code: 'FILES_CONFLICT' });
  });

  test.each([
    'x',
    'x:y',
    'x:/a/../../b',
    'x:/a:9',
    'x:/a:0888',
    'x:/a:07777',
    'x:/.wh.a',
    'x:/a/.wh..wh..opq/b',
    ':/x',
  ])('the line %s is refused', line =>
    expect(() => parseFileRule(line)).toThrow(expect.objectContaining({ code: 'FILES_INVALID' })),
  );
});

describe('folders on the way', () => {
  const entry = (name: string): Entry => ({ name, mode: 0o644, content: Buffer.of() });
  const names = (onScratch: boolean, ...files: string[]) =>
    withParents(files.map(entry), onScratch).map(one => one.name);

  test('are made on scratch, but /tmp and its like stay as they are', () => {
    expect(names(true, 'tmp/a', 'srv/www/b', 'etc/app/c')).toEqual([
      'etc/app/',
      'etc/app/c',
      'srv/',
      'srv/www/',
      'srv/www/b',
      'tmp/a',
    ]);
  });

  test('of a base are left alone where it may have its own: /bin may be a link, /etc/x private', () => {
    expect(names(false, 'bin/a', 'etc/private/b', 'app/c')).toEqual(['app/', 'app/c', 'bin/a', 'etc/private/b']);
  });
});
