import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/core/config-file.ts';
import { planChain } from '../../src/release/chain.ts';
import { schemas } from '../../src/release/definitions.ts';
import { perform } from '../../src/release/perform.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-handed-on-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const digest = `sha256:${'0'.repeat(64)}`;
const binary = { package: 'example.com/hello', target: 'linux/amd64', path: 'hello', size: 1, sha256: '1'.repeat(64) };
const image = { repositories: ['localhost/hello'], digest, tags: ['v1.2.3'], platforms: [], attestations: [] };

/** `mode: build` with the record of jobs before; the actions are played by a few lines. */
async function build(slipway: string, images: object[], release = 'slipway-out/release.json') {
  const played = `console.log('ran ' + process.argv[1].split('/').at(-2))`;
  for (const action of ['setup-go-cross', 'build-multiarch-image']) {
    await mkdir(join(directory, 'dist', action), { recursive: true });
    await writeFile(join(directory, 'dist', action, 'index.js'), played);
  }
  await mkdir(join(directory, 'slipway-out'), { recursive: true });
  const record = { schema: 'slipway.release/v1', name: 'hello', version: 'v1.2.3', binaries: [binary], images };
  await writeFile(join(directory, 'slipway-out', 'release.json'), JSON.stringify(record));
  await writeFile(join(directory, 'slipway.yml'), slipway);
  let output = '';
  const result = await perform(
    { mode: 'build', config: 'slipway.yml', release: release === '' ? [] : [release], directory, summary: false },
    {
      dist: join(directory, 'dist'),
      schemas,
      env: { PATH: process.env['PATH'] },
      signal: new AbortController().signal,
      summary: async () => undefined,
      onOutput: chunk => {
        output += chunk;
      },
    },
  );
  return { ...result, ran: [...output.matchAll(/ran ([\w-]+)/g)].map(([, name]) => name) };
}

const both = 'build: { targets: [linux/amd64] }\nimage: { images: localhost/hello }\n';

test('binaries that other jobs built are not built again: only the image is made', async () => {
  const built = await build(both, [image]);
  expect(built.ran).toEqual(['build-multiarch-image']);
  expect(built).toMatchObject({ version: 'v1.2.3', digest, image: `localhost/hello@${digest}` });
});

test('without them, everything is', async () => {
  expect((await build(both, [image], '')).ran).toEqual(['setup-go-cross', 'build-multiarch-image']);
});

test('a release without an image, and nowhere to keep it: there is nothing to do', async () => {
  await expect(build('build: {}', [])).rejects.toMatchObject({ code: 'CONFIG_EMPTY' });
});

test.each(['abort', 'resume'] as const)(
  '%s is for clusters; hosts, which go back by themselves, say what serves',
  mode => {
    const deployments = '[{ kind: deploy-ssh-systemd }, { kind: deploy-k8s-canary }]';
    const links = planChain(parseConfig(`deploy: ${deployments}`, 'slipway.yml'), { mode, stored: true });
    expect(links.map(({ action, inputs }) => [action, inputs])).toEqual([
      ['deploy-ssh-systemd', { mode: 'status' }],
      ['deploy-k8s-canary', { mode }],
    ]);
  },
);
