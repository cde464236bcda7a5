import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isAsSeen, rememberSeen, stampOf } from '../../../src/setup-go-cross/toolchain/seen.ts';

const root = mkdtempSync(join(tmpdir(), 'slipway-seen-'));
const before = process.env['XDG_CACHE_HOME'];
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
  rmSync(root, { recursive: true });
});

let count = 0;
let goroot = '';
beforeEach(() => {
  process.env['XDG_CACHE_HOME'] = join(root, 'cache');
  goroot = join(root, `go${count++}`);
  mkdirSync(join(goroot, 'bin'), { recursive: true, mode: 0o755 });
  writeFileSync(join(goroot, 'bin', 'go'), 'the go command');
  writeFileSync(join(goroot, 'VERSION'), 'go1.99.1');
});

/** Long enough after the last change for the kernel's clock to have moved on. */
const later = () => Date.now() + 10_000;
const seen = () => isAsSeen(goroot, 'h1:a', stampOf(goroot));
const remember = (at = later()) => rememberSeen(goroot, 'h1:a', stampOf(goroot), at);

describe('a toolchain that was seen', () => {
  test('is known again, by its own hash only', async () => {
    expect(await seen()).toBe(false);
    await remember();
    expect(await seen()).toBe(true);
    expect(await isAsSeen(goroot, 'h1:b', stampOf(goroot))).toBe(false);
  });

  test.each<[string, () => void]>([
    [
      'a file with other bytes of the same length and the old mtime',
      () => {
        const time = new Date(2020, 1, 1);
        utimesSync(join(goroot, 'VERSION'), time, time);
        writeFileSync(join(goroot, 'VERSION'), 'go1.99.2');
        utimesSync(join(goroot, 'VERSION'), time, time);
      },
    ],
    ['a file more', () => writeFileSync(join(goroot, 'bin', 'gofmt'), '')],
    ['a file less', () => rmSync(join(goroot, 'VERSION'))],
    [
      'another file moved into its place',
      () => {
        writeFileSync(join(root, 'other'), 'the go COMMAND');
        renameSync(join(root, 'other'), join(goroot, 'bin', 'go'));
      },
    ],
    [
      'a link in its place',
      () => {
        rmSync(join(goroot, 'VERSION'));
        symlinkSync('bin/go', join(goroot, 'VERSION'));
      },
    ],
  ])('is not, with %s', async (_, damage) => {
    await remember();
    await new Promise(resolve => setTimeout(resolve, 20)); // a tick of the kernel's clock
    damage();
    expect(await seen()).toBe(false);
  });

  test('is not remembered while it is being changed: its time could be that of a change after the check', async () => {
    await remember(Date.now());
    expect(await seen()).toBe(false);
  });

  test('is not remembered, and not believed, where others may write', async () => {
    await remember();
    chmodSync(goroot, 0o775);
    expect(await seen()).toBe(false);
    await remember();
    chmodSync(goroot, 0o755);
    expect(await seen()).toBe(true);
  });

  test('nobody else can say that it was: what is remembered is in the user’s own folder', async () => {
    await remember();
    expect(readdirSync(join(root, 'cache', 'slipway', 'seen'))).not.toEqual([]);
    process.env['XDG_CACHE_HOME'] = join(root, 'of-another-user');
    expect(await seen()).toBe(false);
  });
});
