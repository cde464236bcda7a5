import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startMain } from '../../core/run-action.ts';
import { withGitHub } from './support.ts';

const { fake } = withGitHub();
const commit = 'a'.repeat(40);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-told-'));
  await writeFile(join(folder, 'slipway.yml'), slipway);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const slipway = `
build: { targets: linux/amd64 }
deploy:
  - kind: deploy-ssh-systemd
    hosts: deploy@web1.example.com
    private-key: { env: KEY }
    known-hosts: web1.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP9NWvFvxzLgzAnNqM9VpjTgwzkgPQ6mJVVx0nKvCc8z
    service: hello
environments:
  production: { url: https://hello.example.com }
`;

/** The bundle of an action, played by a few lines. */
async function bundle(name: string, code: string): Promise<void> {
  await mkdir(join(folder, 'dist', name), { recursive: true });
  await writeFile(join(folder, 'dist', name, 'index.js'), code);
}

/** The real root action on these bundles, as a workflow of GitHub runs it. */
async function root(env: Record<string, string> = {}) {
  await bundle(
    'setup-go-cross',
    `const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
     mkdirSync('slipway-out', { recursive: true });
     writeFileSync('slipway-out/release.json', JSON.stringify({ schema: 'slipway.release/v1', name: 'hello', version: 'v1.2.3', commit: '${commit}' }));
     appendFileSync(process.env.GITHUB_OUTPUT, 'release=' + process.cwd() + '/slipway-out/release.json\\n');`,
  );
  const source = (path: string) => pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'src', path)).href;
  const main = join(folder, 'main.mjs');
  await writeFile(
    main,
    `import { runAction } from '${source('core/action.ts')}';
     import { definition } from '${source('release/inputs.ts')}';
     import { chain } from '${source('release/run.ts')}';
     import { schemas } from '${source('release/definitions.ts')}';
     await runAction(definition, chain('${join(folder, 'dist')}', schemas));`,
  );
  const inputs = { 'INPUT_WORKING-DIRECTORY': folder, INPUT_ENVIRONMENT: 'production', KEY: 'a key' };
  const given = Object.entries({ ...fake().env(), ...inputs, ...env }) as [string, string][];
  return (await startMain(main, join(folder, 'runner'), Object.fromEntries(given))).ended();
}
const states = () => fake().repository.deployments.map(one => one.statuses.map(({ state }) => state).join(' → '));

test('the root action tells GitHub of the deployment and of its end, and the release is published at its tag', async () => {
  await bundle('deploy-ssh-systemd', `console.log('deployed');`);
  fake().repository.tags.set('v1.2.3', { sha: commit });
  const ended = await root({ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.3' });
  expect([ended.code, ended.output]).toEqual([0, expect.stringContaining('deployed')]);
  expect(states()).toEqual(['in_progress → success']);
  expect(fake().repository.deployments[0]).toMatchObject({ ref: commit, environment: 'production' });
  expect(fake().repository.deployments[0]!.statuses[0]).toMatchObject({ environment_url: 'https://hello.example.com' });
  expect(fake().repository.releases).toMatchObject([{ tag_name: 'v1.2.3', draft: false }]);
});

test('a deployment that fails is one on GitHub, too; nothing is published', async () => {
  await bundle('deploy-ssh-systemd', `process.exit(1);`);
  const ended = await root({ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.3' });
  expect([ended.code, states(), fake().repository.releases]).toEqual([1, ['in_progress → failure'], []]);
});

test('a permission that is missing is a warning for the deployment, and an error for the release', async () => {
  await bundle('deploy-ssh-systemd', `console.log('deployed');`);
  fake().permissions = { contents: 'read' };
  const branch = await root();
  expect([branch.code, branch.output]).toEqual([0, expect.stringMatching(/^::warning::.*deployments: (read|write)/m)]);
  fake().repository.tags.set('v1.2.3', { sha: commit });
  const tag = await root({ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.3' });
  expect([tag.code, tag.output]).toEqual([
    1,
    expect.stringMatching(/^::error::.*contents: write \[GITHUB_PERMISSION\]/m),
  ]);
  expect(tag.outputs['version']).toBe('v1.2.3');
});

test('with github: false nothing is told', async () => {
  await bundle('deploy-ssh-systemd', `console.log('deployed');`);
  expect(await root({ INPUT_GITHUB: 'false' })).toMatchObject({ code: 0 });
  expect(fake().seen).toEqual([]);
});

test('a fork’s pull request that asks for a deploy is refused before anything is read', async () => {
  await bundle('deploy-ssh-systemd', `console.log('deployed');`);
  await writeFile(join(folder, 'slipway.yml'), 'nonsense: true\n');
  const event = join(folder, 'event.json');
  const repository = { full_name: 'acme/hello' };
  await writeFile(
    event,
    JSON.stringify({ repository, pull_request: { number: 3, head: { repo: { full_name: 'eve/hello' } } } }),
  );
  const ended = await root({ GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event });
  expect([ended.code, ended.output]).toEqual([
    1,
    expect.stringContaining('fork eve/hello: nobody of this repository has [FORK_REFUSED]'),
  ]);
  expect([ended.output.includes('deployed'), fake().seen]).toEqual([false, []]);
});
