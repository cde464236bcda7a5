import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeWith } from '../integration/lab.ts';

const timeout = 240_000;
const golden = fileURLToPath(new URL('../build-multiarch-image/golden/', import.meta.url));
const execute = promisify(execFile);

let folder: string;
let expected: unknown;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-everywhere-'));
  await chmod(folder, 0o755);
  expected = JSON.parse(await readFile(join(golden, 'digests.json'), 'utf8'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The digests of the golden images as another process makes them. */
async function digests(command: readonly string[], env: NodeJS.ProcessEnv = {}, uid: string[] = []): Promise<unknown> {
  const own = await mkdtemp(join(folder, 'run-'));
  await chmod(own, 0o777);
  const [program = '', ...options] = command;
  const { stdout } = await execute(program, [...options, join(golden, 'main.ts'), own, ...uid], {
    env: { PATH: '/usr/bin:/bin', NODE_NO_WARNINGS: '1', ...env },
    timeout,
  });
  return JSON.parse(stdout);
}

const script = (text: string) => ['--import', `data:text/javascript,${encodeURIComponent(text)}`];

/** Another zlib than the official builds': everything is compressed at another level. */
const otherZlib = script(`
  import zlib from 'node:zlib';
  import { syncBuiltinESMExports } from 'node:module';
  const { createDeflateRaw, deflateRawSync } = zlib;
  const change = (name, value) => Object.defineProperty(zlib, name, { value });
  change('createDeflateRaw', options => createDeflateRaw({ ...options, level: 1 }));
  change('deflateRawSync', (bytes, options) => deflateRawSync(bytes, { ...options, level: 1 }));
  syncBuiltinESMExports();
`);

describe('the digests of the golden file come out', () => {
  test.each<[string, string[], NodeJS.ProcessEnv]>([
    ['in another time zone and language', [], { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }],
    ['with a narrow umask', script('process.umask(0o077)'), {}],
    ['with a wide umask', script('process.umask(0)'), {}],
    ['in another repository’s workflow', [], { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'a/b' }],
    ['where zlib is another one: JavaScript takes over', otherZlib, {}],
  ])(
    '%s',
    async (_, options, env) => expect(await digests([process.execPath, ...options], env)).toEqual(expected),
    timeout,
  );

  const another = canBeAnother();
  (another ? test : test.skip)(
    `for another user${another ? '' : ' (SKIPPED: it needs root, to become one, and a checkout that others can read)'}`,
    async () => expect(await digests([process.execPath], {}, ['65534'])).toEqual(expected),
    timeout,
  );
});

/** Only root can become another user, who must also be able to read this checkout. */
function canBeAnother(): boolean {
  if (process.getuid?.() !== 0) return false;
  const asset = fileURLToPath(new URL('../../src/build-multiarch-image/assets/scratch.tar.gz', import.meta.url));
  const code = 'process.setuid(65534); require("node:fs").accessSync(process.argv[1], 4)';
  try {
    execFileSync(process.execPath, ['-e', code, asset], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

await describeWith(
  ['package:qemu-user-static', 'package:libstdc++6-arm64-cross', 'node-arm64'],
  'another processor',
  lab => {
    test(
      'Node 24 for arm64 gives the digests of the golden file',
      async () => {
        const qemu = ['/usr/bin/qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'];
        expect(await digests([...qemu, lab['node-arm64']])).toEqual(expected);
      },
      timeout,
    );
  },
);
