import { expect, test } from '@jest/globals';
import { builderOf, localBuilder } from '../../../src/core/builder.ts';
import { type Evidence, provenanceOf } from '../../../src/setup-go-cross/outputs/provenance.ts';
import { redact, secretsOf } from '../../../src/setup-go-cross/outputs/redact.ts';

const actions = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/hello',
  GITHUB_REF: 'refs/tags/v1.2.3',
  GITHUB_WORKFLOW_REF: 'acme/hello/.github/workflows/release.yml@refs/tags/v1.2.3',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_ACTOR: 'somebody',
  GITHUB_TOKEN: 'ghs_secret',
};

const evidence: Evidence = {
  subjects: [{ name: 'hello-linux-amd64', sha256: 'ab'.repeat(32) }],
  inputs: { ldflags: '-s -w', targets: ['linux/amd64'] },
  commands: [{ subject: 'hello-linux-amd64', env: { GOOS: 'linux' }, argv: ['go', 'build', '-o', 'x', '.'] }],
  environment: {},
  commit: 'c0ffee',
  modified: false,
  toolchain: {
    version: 'go1.26.8',
    source: 'GOPROXY',
    verifiedBy: 'checksum-database',
    hash: 'h1:Khu2En+0gcYPZ2kuIihfswbzxv/mIHXgzPZ018Oty48=',
  },
  modules: [
    { path: 'example.com/a', version: 'v1.0.0', sum: 'h1:Khu2En+0gcYPZ2kuIihfswbzxv/mIHXgzPZ018Oty48=' },
    { path: 'example.com/b', version: 'v1.0.0', sum: '', replace: { path: '/home/me/b', version: '', sum: '' } },
    {
      path: 'example.com/c',
      version: 'v1.0.0',
      sum: '',
      replace: { path: 'example.com/d', version: 'v2.0.0', sum: '' },
    },
  ],
  untracked: [{ name: 'web/app.js', sha256: 'cd'.repeat(32) }],
  builder: builderOf(actions),
};

test('the statement of a run of a workflow', () => {
  // The example of in-toto's own specification (spec/v1/digest_set.md).
  const dirHash = '2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f';
  expect(provenanceOf(evidence)).toEqual({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'hello-linux-amd64', digest: { sha256: 'ab'.repeat(32) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:slipway:go-build:v1',
        externalParameters: { inputs: evidence.inputs, source: 'git+https://github.com/acme/hello@refs/tags/v1.2.3' },
        internalParameters: { commands: evidence.commands, environment: {}, github: { event_name: 'push' } },
        resolvedDependencies: [
          {
            name: 'source',
            uri: 'git+https://github.com/acme/hello@refs/tags/v1.2.3',
            digest: { gitCommit: 'c0ffee' },
          },
          { name: 'go', uri: 'pkg:generic/go@1.26.8', digest: { dirHash } },
          { uri: 'pkg:golang/example.com/a@v1.0.0', digest: { dirHash } },
          { uri: 'pkg:golang/example.com/b' },
          { uri: 'pkg:golang/example.com/d@v2.0.0' },
          { name: 'web/app.js', digest: { sha256: 'cd'.repeat(32) } },
        ],
      },
      runDetails: {
        builder: { id: 'https://github.com/acme/hello/.github/workflows/release.yml@refs/tags/v1.2.3' },
        metadata: { invocationId: 'https://github.com/acme/hello/actions/runs/42/attempts/2' },
      },
    },
  });
});

test('outside of Actions: a builder without name, and what is changed is said', () => {
  const statement = provenanceOf({ ...evidence, builder: builderOf({ USER: 'somebody' }), modified: true });
  expect(statement.predicate.runDetails).toEqual({ builder: { id: localBuilder } });
  expect(statement.predicate.buildDefinition.resolvedDependencies[0]).toEqual({
    name: 'source, with changes that are not in the commit',
    digest: { gitCommit: 'c0ffee' },
  });
  expect(JSON.stringify(statement)).not.toContain('somebody');
});

test('a toolchain from the index has a sha256', () => {
  const toolchain = { ...evidence.toolchain, hash: 'ef'.repeat(32) };
  const { resolvedDependencies } = provenanceOf({ ...evidence, commit: undefined, toolchain }).predicate
    .buildDefinition;
  expect(resolvedDependencies[0]).toEqual({
    name: 'go',
    uri: 'pkg:generic/go@1.26.8',
    digest: { sha256: 'ef'.repeat(32) },
  });
});

test('secrets and folders of this machine are taken out, the longer ones first', () => {
  const secrets = secretsOf({
    LICENSE_KEY: 'open',
    API_KEY: 'k3y-k3y',
    GO_PRIVATE_TOKEN: 'k3y-k3y-long',
    X_TOKEN: 'abc',
    PATH: '/bin',
  });
  expect(secrets).toEqual(['k3y-k3y', 'k3y-k3y-long']);
  const folders = { '/home/me': '~', '/home/me/work': '.', '': 'nothing' };
  expect(redact('-X a=k3y-k3y-long -X b=k3y-k3y -L/home/me/work/lib -I/home/me/inc abc', { secrets, folders })).toBe(
    '-X a=*** -X b=*** -L./lib -I~/inc abc',
  );
});
