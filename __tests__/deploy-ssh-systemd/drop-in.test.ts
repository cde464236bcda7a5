import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readDropIn, renderDropIn } from '../../src/deploy-ssh-systemd/drop-in.ts';

const refusal = (message: string) =>
  expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(message) });

describe('readDropIn', () => {
  test.each([
    ['a directive', '[Service]\nNice=5'],
    ['comments and blanks', '# why\n[Service]\n; because\n\nNice=5'],
    ['a value that goes on', '[Service]\nExecStartPre=/bin/sh -c \\\n# no comment but passed over\n  "ExecStart=x"'],
    [
      'more of what the inputs write',
      '[Unit]\nAfter=a.service\n[Service]\nEnvironmentFile=-/etc/default/hello\nEnvironment=GOGC=50\nLoadCredential=x:/y',
    ],
  ])('takes %s', async (_name, text) => {
    expect(await readDropIn(`${text}\r\n\n`.replaceAll('\n', '\r\n'), '/')).toBe(`${text}\n`);
  });

  test.each([
    ['nothing above it', 'Nice=5\n[Service]', 'line 1: "Nice=5" is not Directive=value below a section'],
    ['no directive', '[Service]\nwhat', 'line 2: "what" is not Directive=value'],
    ['another section', '[Install]\nWantedBy=x', 'line 1: there is no [Install] here'],
    [
      'another program',
      '[Service]\nExecStart=\nExecStart=/bin/x',
      'line 2: ExecStart is written by the input "service"',
    ],
    ['what an input says', '[Service]\n\nMemoryMax=1G', 'line 3: MemoryMax is written by the input "memory-max"'],
    ['our mark', '[Unit]\nX-Slipway=/etc', 'line 2: X-Slipway is written by the input'],
    ['a control character', '[Service]\nNice=5\0', 'line 2: it holds a control character'],
    ['an open end', '[Service]\nNice=\\', 'its last line goes on'],
    ['too much', `[Service]\n${'Nice=5\n'.repeat(10_000)}`, 'longer than 64 kB'],
  ])('refuses %s', async (_name, text, said) => {
    await expect(readDropIn(text, '/')).rejects.toEqual(refusal(said));
  });

  test('reads a file, and says when there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-drop-in-'));
    await writeFile(join(folder, 'hello.conf'), '[Service]\nNice=5\n');
    expect(await readDropIn('hello.conf', folder)).toBe('[Service]\nNice=5\n');
    await expect(readDropIn('other.conf', folder)).rejects.toEqual(refusal('it is the path of no file: other.conf'));
    await rm(folder, { recursive: true });
    expect(await readDropIn(undefined, folder)).toBe('');
  });
});

test('the file on the host has the mark by which it is known as ours', () => {
  expect(renderDropIn('[Service]\nNice=5\n', '/opt/x')).toMatch(
    /\n\[Unit\]\nX-Slipway=\/opt\/x\n\n\[Service\]\nNice=5\n$/,
  );
});
