import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readIfThere, sha256, sha256File, writeAtomic } from '../../src/core/files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeAtomic', () => {
  test('makes the folders, replaces what was there, sets the mode and leaves nothing else', async () => {
    const file = join(folder, 'a', 'b', 'file');
    await writeAtomic(file, 'old');
    await writeAtomic(file, 'new', 0o600);
    expect(await readFile(file, 'utf8')).toBe('new');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file']);
  });

  test('what cannot be put in place leaves the old one and no temporary file', async () => {
    const taken = join(folder, 'taken');
    await writeAtomic(join(taken, 'inside'), 'x');
    await expect(writeAtomic(taken, 'new')).rejects.toMatchObject({ code: expect.stringMatching(/EISDIR|ENOTEMPTY/) });
    expect(await readdir(folder)).toEqual(['taken']);
  });

  test('a process that is killed at any moment leaves the old text or the new, whole', async () => {
    const file = join(folder, 'record.json');
    const texts = ['a', 'b'].map(letter => letter.repeat(2_000_000));
    await writeFile(file, texts[0]!);
    const source = pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'core', 'files.ts')).href;
    const script = `import { writeAtomic } from '${source}'; console.log('begins');
      for (let i = 0; ; i++) await writeAtomic('${file}', (i % 2 ? 'a' : 'b').repeat(2_000_000));`;
    for (const after of [3, 11, 27, 40]) {
      const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await new Promise(resolve => setTimeout(resolve, after));
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(texts.includes(await readFile(file, 'utf8'))).toBe(true);
    }
  }, 30_000);
});

test('a file that is not there is undefined, one that cannot be read is an error', async () => {
  expect(await readIfThere(join(folder, 'none'))).toBeUndefined();
  await expect(readIfThere(folder)).rejects.toMatchObject({ code: 'EISDIR' });
});

test('sha256 of bytes and of a file are the same', async () => {
  await writeFile(join(folder, 'x'), 'abc');
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect([sha256('abc'), await sha256File(join(folder, 'x'))]).toEqual([expected, expected]);
});
