import { expect, test } from '@jest/globals';
import { provenanceOf } from '../../../src/build-multiarch-image/attest/provenance.ts';
import { parseBase } from '../../../src/build-multiarch-image/base-name.ts';
import { emptyRecord } from '../../../src/core/record/begin.ts';
import { graphOf, inventoryOf } from './graph.ts';

const record = emptyRecord({ name: 'hello', version: 'v1.2.3', commit: 'c0ffee' });
const inputs = {
  base: parseBase('example.com/base:1'),
  entrypoint: [],
  cmd: ['--verbose'],
  user: '65532',
  env: { TOKEN: 'hunter2' },
  labels: { secret: 'hunter2' },
};
const digest = `sha256:${'12'.repeat(32)}`;
const graph = graphOf({
  'org.opencontainers.image.base.name': 'example.com/base:1',
  'org.opencontainers.image.base.digest': digest,
});
const env = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/hello',
  GITHUB_WORKFLOW_REF: 'acme/hello/.github/workflows/release.yml@refs/tags/v1.2.3',
  GITHUB_REF: 'refs/tags/v1.2.3',
  GITHUB_RUN_ID: '7',
  REGISTRY_PASSWORD: 'hunter2',
};
const made = provenanceOf(graph, [inventoryOf(graph, 0), inventoryOf(graph, 1)], record, inputs, env);

test('names the commit, the base and every binary by what they are', () => {
  expect(made.buildDefinition.resolvedDependencies).toEqual([
    { name: 'source', uri: 'git+https://github.com/acme/hello@refs/tags/v1.2.3', digest: { gitCommit: 'c0ffee' } },
    { name: 'base', uri: 'example.com/base:1', digest: { sha256: '12'.repeat(32) } },
    ...['linux/amd64', 'linux/arm64'].flatMap(platform =>
      [
        ['server', 'ab'],
        ['worker', 'cd'],
      ].map(([name, sha256]) => ({
        name: `example.com/acme/hello/cmd/${name} ${platform}`,
        digest: { sha256: sha256!.repeat(32) },
      })),
    ),
  ]);
});

test('names the workflow and the run', () => {
  expect(made.runDetails).toEqual({
    builder: { id: 'https://github.com/acme/hello/.github/workflows/release.yml@refs/tags/v1.2.3' },
    metadata: { invocationId: 'https://github.com/acme/hello/actions/runs/7/attempts/1' },
  });
});

test('holds no environment variable, label or secret', () => {
  expect(JSON.stringify(made)).not.toContain('hunter2');
  expect(made.buildDefinition.externalParameters.inputs).toEqual({
    base: 'example.com/base:1',
    platforms: ['linux/amd64', 'linux/arm64'],
    cmd: ['--verbose'],
    user: '65532',
  });
});

test('a base in a folder of this machine is not named', () => {
  const local = provenanceOf(graph, [], record, { ...inputs, base: parseBase('oci-layout:/home/me/base') }, {});
  expect(JSON.stringify(local)).not.toContain('/home/me');
});
