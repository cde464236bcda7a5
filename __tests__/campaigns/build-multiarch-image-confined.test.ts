import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import {
  buildPrograms,
  describeImages,
  freshRepository,
  type Ran,
  runImage,
  temporary,
} from '../integration/build-multiarch-image.ts';
import { type Asked, startProxy } from '../integration/registry-proxy.ts';

const timeout = 120_000;
const password = 'hunter2-hunter2-hunter2';
const basic = Buffer.from(`me:${password}`).toString('base64');

/** Node’s own permissions: no program may be started, and nothing written but in one folder. */
await describeImages('a process that may start no program and write to one folder', (lab, tools) => {
  const { host, url } = lab.registry;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let env: NodeJS.ProcessEnv;
  let ran: Ran;
  let path: string;
  let during: string[];
  const config = JSON.stringify({ auths: { 'other.example.com': { auth: Buffer.from('a:b').toString('base64') } } });

  beforeAll(async () => {
    folder = await temporary();
    await buildPrograms(folder.path, tools.go);
    const [docker, cache] = [join(folder.path, 'docker'), join(folder.path, 'cache')];
    await Promise.all([docker, cache].map(one => mkdir(one)));
    await writeFile(join(docker, 'config.json'), config);
    env = {
      NODE_OPTIONS: `--permission --allow-fs-read=* --allow-fs-write=${folder.path}/*`,
      DOCKER_CONFIG: docker,
      RUNNER_TOOL_CACHE: cache,
    };
    during = [];
    await using proxy = await startProxy(url, {
      fault: ({ kind, headers }: Asked) => {
        if (kind === 'put-manifest' || kind === 'put-tag') during.push(...filesWith(folder.path, password, basic));
        if (headers.authorization === `Basic ${basic}`) return undefined;
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="lab"' } };
      },
    });
    const images = freshRepository(proxy.host);
    path = images.slice(proxy.host.length);
    const login = { 'registry-username': 'me', 'registry-password': password };
    ran = await runImage(folder.path, { release: 'slipway-out/release.json', images, tags: 'v1', ...login }, { env });
  }, 300_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  test('really may not', async () => {
    const denied = async (code: string) =>
      await expect(promisify(execFile)(process.execPath, ['-e', code], { env })).rejects.toThrow('ERR_ACCESS_DENIED');
    await denied('require("node:child_process").spawnSync("true")');
    await denied('require("node:fs").writeFileSync("/tmp/slipway-not-allowed", "")');
  });

  test(
    'makes and pushes an image of three platforms: no emulator, no daemon, no client of one',
    async () => {
      expect([ran.code, ran.log.match(/::error.*/)?.[0]]).toEqual([0, undefined]);
      await run([tools.crane, 'validate', '--insecure', '--remote', `${host}${path}:v1`], { timeout });
      const { stdout } = await run([tools.crane, 'manifest', '--insecure', `${host}${path}:v1`], { timeout });
      const { manifests } = JSON.parse(stdout) as { manifests: { platform: { architecture: string } }[] };
      expect(manifests.map(one => one.platform.architecture)).toEqual(['amd64', 'arm', 'arm64']);
    },
    timeout,
  );

  test('the password of the registry is in no file, during the push and after it, and not in the log', async () => {
    expect(ran.code).toBe(0);
    expect(filesWith(folder.path, 'other.example.com')).toEqual([join(folder.path, 'docker/config.json')]);
    expect([during, filesWith(folder.path, password, basic)]).toEqual([[], []]);
    const said = ran.log.replaceAll(/^::add-mask::.*$/gm, '') + ran.summary + JSON.stringify(ran.outputs);
    for (const secret of [password, basic]) expect(said).not.toContain(secret);
    expect(await readFile(join(folder.path, 'docker/config.json'), 'utf8')).toBe(config);
  });
});

/** Files in a folder that hold one of these texts. */
function filesWith(folder: string, ...texts: string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(one => one.isFile())
    .map(one => join(one.parentPath, one.name))
    .filter(file => {
      const bytes = readFileSync(file);
      return texts.some(text => bytes.includes(text));
    });
}
