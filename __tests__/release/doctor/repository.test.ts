import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../src/core/config-file.ts';
import type { Entry } from '../../../src/core/records/entry.ts';
import { checks, examine } from '../../../src/release/doctor/registry.ts';
import type { Repository } from '../../../src/release/doctor/repository/facts.ts';

const now = Date.parse('2026-11-29T00:00:00Z');
const sha = 'a'.repeat(40);
const digest = `sha256:${'b'.repeat(64)}`;

interface Given {
  readonly yml?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly deeds?: Repository['deeds'];
}
const facts = ({ yml = '{}', files = {}, deeds = [] }: Given): Repository => {
  const environment = yml.includes('production:') ? 'production' : undefined;
  return { file: parseConfig(yml, 'slipway.yml', environment), texts: new Map(Object.entries(files)), deeds, now };
};
const seenOf = (id: string, given: Given) =>
  examine('repository', facts(given))
    .filter(({ check }) => check === id)
    .map(({ state, where, seen }) => `${state} ${where}: ${seen}`);

const hosts = (inputs: string) => ({ yml: `deploy:\n  - { kind: deploy-ssh-systemd, ${inputs} }` });
const cluster = (inputs: string, files = {}) => ({ yml: `deploy:\n  - { kind: deploy-k8s-canary, ${inputs} }`, files });
const gomod = (text: string) => ({ yml: 'build: {}', files: { 'go.mod': text } });
const workflow = (text: string) => ({ files: { '.github/workflows/ci.yml': text } });
const deed = (mode: string, state: string, at: string) =>
  [{ kind: 'deployment', mode, state, at, environment: 'staging' }] as unknown as Entry[];
const required = 'module m\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.1.0 // indirect\n)\n';
const sums = 'example.com/a v1.0.0 h1:x=\nexample.com/a v1.0.0/go.mod h1:x=\nexample.com/b v1.1.0/go.mod h1:x=\n';
const image = (base: string) => ({ yml: `image: { images: r.example/hello, base: "${base}" }` });
const dockerfile = (text: string) => ({
  yml: 'image: { images: r.example/hello, file: Dockerfile }',
  files: { Dockerfile: text },
});

/** Of each check what fails, what passes, and what cannot be known. */
const cases: readonly (readonly [id: string, given: Given, seen: string])[] = [
  ['go-locked', gomod('module m\ngo 1.26.8\n'), 'pass go.mod: 1.26.8'],
  ['go-locked', gomod('module m\ngo 1.26\ntoolchain go1.26.8\n'), 'pass go.mod: 1.26.8'],
  ['go-locked', gomod('module m\ngo 1.26\n'), 'fail go.mod: go 1.26'],
  ['go-locked', { yml: 'build:\n  go-version: 1.26.x' }, 'fail slipway.yml:2: 1.26.x'],
  ['go-locked', { yml: 'build:\n  go-version: 1.26.8' }, 'pass slipway.yml:2: 1.26.8'],
  ['go-locked', { yml: 'build: { check-latest: true }' }, 'fail slipway.yml:1: check-latest: true'],
  ['go-locked', { yml: 'build: { go-version-policy: patch }' }, 'fail slipway.yml:1: go-version-policy: patch'],
  [
    'go-locked',
    { yml: 'build: { go-version: { env: GO } }' },
    'unknown slipway.yml:1: go-version comes from the environment variable GO',
  ],
  ['go-locked', { yml: 'build: {}' }, 'unknown go.mod: it is not beside slipway.yml'],
  ['go-sum', { files: { 'go.mod': required, 'go.sum': sums } }, 'pass go.sum: 2 modules'],
  ['go-sum', { files: { 'go.mod': required } }, 'fail go.sum: it is missing'],
  [
    'go-sum',
    { files: { 'go.mod': required, 'go.sum': sums.replace(/^.*\n/, '') } },
    'fail go.sum: example.com/a v1.0.0 has no hash',
  ],
  ['go-sum', { files: { 'go.mod': 'module m\n' } }, 'pass go.mod: needs no module'],
  [
    'go-sum',
    { files: { 'go.mod': `${required}\nreplace example.com/a => ./a\n`, 'go.sum': sums } },
    'pass go.sum: 1 modules',
  ],
  [
    'go-sum',
    { files: { 'go.mod': `${required}\nreplace example.com/a => example.com/c v2.0.0\n`, 'go.sum': sums } },
    'fail go.sum: example.com/c v2.0.0 has no hash',
  ],
  ['go-sum', { files: { 'go.mod': required, 'go.sum': '' } }, 'unknown go.sum: it is empty, or has more than 1 MB'],
  [
    'graceful-stop',
    { files: { 'main.go': 'package main\nfunc main() { signal.NotifyContext(c, syscall.SIGTERM) }' } },
    'pass main.go: ',
  ],
  [
    'graceful-stop',
    { files: { 'main.go': 'package main\n// signal.Notify(c)\nfunc main() {}' } },
    'fail *.go: nothing calls signal.Notify or signal.NotifyContext',
  ],
  ['base-locked', image(`gcr.io/d/static:nonroot@${digest}`), `pass slipway.yml:1: gcr.io/d/static:nonroot@${digest}`],
  ['base-locked', { yml: 'image: { images: r.example/hello }' }, 'pass slipway.yml:1: scratch'],
  ['base-locked', image('gcr.io/d/static:nonroot'), 'fail slipway.yml:1: gcr.io/d/static:nonroot'],
  ['base-locked', image(`linux/arm64=gcr.io/d/static@${digest}`), `pass slipway.yml:1: gcr.io/d/static@${digest}`],
  [
    'base-locked',
    dockerfile(`FROM --platform=x golang:1.26@${digest} AS build\nFROM build AS again\nFROM alpine:3\n`),
    'fail Dockerfile: alpine:3',
  ],
  [
    'base-locked',
    dockerfile(`FROM golang:1.26@${digest} AS b\nFROM scratch\n`),
    `pass Dockerfile: golang:1.26@${digest}, scratch`,
  ],
  ['base-locked', dockerfile('ARG B\nFROM $B\n'), 'unknown Dockerfile: $B depends on a build argument'],
  ['no-latest', cluster('image: "r.example/hello:latest"'), 'fail slipway.yml:2: r.example/hello:latest'],
  ['no-latest', cluster('image: "localhost:5000/hello"'), 'fail slipway.yml:2: localhost:5000/hello'],
  ['no-latest', cluster('image: "r.example/hello:v1"'), 'pass slipway.yml:2: r.example/hello:v1'],
  [
    'no-latest',
    cluster('manifests: deploy/*.yaml', {
      'deploy/a.yaml': 'spec:\n  containers: [{ image: envoy }, { image: "b:1" }]',
    }),
    'fail deploy/a.yaml: envoy',
  ],
  ['no-latest', cluster('manifests: deploy/*.yaml', { 'deploy/a.yaml': '{ image: "b:1" }' }), 'pass deploy/a.yaml: '],
  [
    'no-latest',
    cluster('manifests: { env: M }'),
    'unknown slipway.yml:2: manifests comes from the environment variable M',
  ],
  [
    'actions-locked',
    workflow(`jobs: { a: { steps: [{ uses: actions/checkout@v4 }, { uses: ./x }, { uses: a/b@${sha} }] } }`),
    'fail .github/workflows/ci.yml: actions/checkout@v4',
  ],
  ['actions-locked', workflow(`jobs: { a: { uses: a/b/c.yml@${sha} } }`), 'pass .github/workflows/ci.yml: '],
  ['actions-locked', workflow('jobs: ['), 'unknown .github/workflows/ci.yml: it cannot be read as a workflow'],
  ['workflow-permissions', workflow('permissions: {}\njobs: { a: {} }'), 'pass .github/workflows/ci.yml: '],
  ['workflow-permissions', workflow('jobs: { a: { permissions: {} } }'), 'pass .github/workflows/ci.yml: '],
  ['workflow-permissions', workflow('jobs: { a: {} }'), 'fail .github/workflows/ci.yml: no key permissions'],
  [
    'workflow-permissions',
    workflow('permissions: write-all\njobs: { a: {} }'),
    'fail .github/workflows/ci.yml: write-all',
  ],
  ['no-root', hosts('hosts: deploy@web1'), 'pass slipway.yml:2: '],
  ['no-root', hosts('hosts: root@web1'), 'fail slipway.yml:2: connects as root@web1'],
  ['no-root', hosts('hosts: [{ host: web1, user: root }]'), 'fail slipway.yml:2: connects as root@web1'],
  ['no-root', hosts('hosts: deploy@web1, run-as: root'), 'fail slipway.yml:2: run-as: root'],
  ['no-root', hosts('hosts: deploy@web1, become: sudo-shell'), 'fail slipway.yml:2: become: sudo-shell'],
  ['no-root', hosts('hosts: { env: H }'), 'unknown slipway.yml:2: hosts comes from the environment variable H'],
  // the same in other words, as the action reads them
  ...[
    'hosts: [root@web1]',
    "hosts: '- root@web1'",
    "hosts: '[{ host: web1, user: root }]'",
    'hosts: [{ host: root@web1, user: deploy }]',
  ].map(words => ['no-root', hosts(words), 'fail slipway.yml:2: connects as root@web1'] as const),
  [
    'no-root',
    hosts('hosts: [deploy@web1, { host: web2, user: deploy, become: sudo-shell }]'),
    'fail slipway.yml:2: become: sudo-shell',
  ],
  [
    'no-root',
    hosts('hosts: deploy@web1, become: { env: B }'),
    'unknown slipway.yml:2: become comes from the environment variable B',
  ],
  [
    'no-root',
    hosts('hosts: web1'),
    'unknown slipway.yml:2: hosts cannot be read: "web1" is not user@host or user@host:port',
  ],
  ['sandbox', hosts("hardening: ' off '"), 'fail slipway.yml:2: hardening: off'],
  ['sandbox', hosts('hardening: ["", off]'), 'fail slipway.yml:2: hardening: off'],
  ['sandbox', hosts('hardening: { env: H }'), 'unknown slipway.yml:2: hardening comes from the environment variable H'],
  [
    'limits',
    hosts('memory-max: { env: M }, cpu-quota: 50%'),
    'unknown slipway.yml:2: memory-max comes from the environment variable M',
  ],
  ['limits', hosts("memory-max: ' ', cpu-quota: 50%"), 'fail slipway.yml:2: no memory-max'],
  [
    'health-gate',
    hosts('health-checks: { env: C }'),
    'unknown slipway.yml:2: health-checks comes from the environment variable C',
  ],
  [
    'verified',
    { yml: 'verify: { checks: { env: C } }' },
    'unknown slipway.yml:1: checks comes from the environment variable C',
  ],
  ['sandbox', hosts('hardening: strict'), 'pass slipway.yml:2: '],
  ['sandbox', hosts('hardening: off'), 'fail slipway.yml:2: hardening: off'],
  ['limits', hosts('memory-max: 64MiB, cpu-quota: 50%'), 'pass slipway.yml:2: '],
  ['limits', hosts('memory-max: 64MiB'), 'fail slipway.yml:2: no cpu-quota'],
  [
    'limits',
    hosts('memory-max: 64MiB, cpu-quota: 50%, environment: { GOMEMLIMIT: off }'),
    'fail slipway.yml:2: GOMEMLIMIT=off',
  ],
  ['keep-releases', hosts('hosts: a'), 'pass slipway.yml:2: 5'],
  ['keep-releases', hosts('keep-releases: 1'), 'fail slipway.yml:2: keep-releases: 1'],
  [
    'keep-releases',
    hosts('keep-releases: { env: K }'),
    'unknown slipway.yml:2: keep-releases comes from the environment variable K',
  ],
  ['backup', hosts('backup: { rsync: /var/lib/hello }'), 'pass slipway.yml:2: '],
  ['backup', hosts('hosts: a'), 'fail slipway.yml:2: no backup'],
  ['health-gate', hosts('health-checks: http://127.0.0.1/ 200'), 'pass slipway.yml:2: '],
  ['health-gate', hosts('hosts: a'), 'fail slipway.yml:2: neither health-checks'],
  ['health-gate', cluster('workload: hello'), 'fail slipway.yml:2: neither probes nor metrics'],
  ['verified', { yml: 'verify: { checks: https://a/ 200 }' }, 'pass slipway.yml:1: '],
  ['verified', {}, 'fail slipway.yml: no checks in verify'],
  ['tls', { yml: 'environments:\n  production: { url: https://a/ }' }, 'pass slipway.yml:2: https://a/'],
  ['tls', { yml: 'environments:\n  production: { url: http://a/ }' }, 'fail slipway.yml:2: http://a/'],
  ['told', { yml: 'notify: [{ slack: { env: S } }]' }, 'pass slipway.yml:1: '],
  ['told', {}, 'fail slipway.yml: no notify'],
  ['alerts', { files: { 'a.yml': 'groups:\n  - rules:\n    - alert: Down\n' } }, 'pass a.yml: '],
  ['alerts', { files: { 'a.yml': 'groups: []\n' } }, 'fail *.yml: no file has alert rules'],
  ['rollback-rehearsed', { deeds: 'nothing says where' }, 'unknown slipway.yml: nothing says where'],
  ['rollback-rehearsed', {}, 'fail slipway.yml: the records have none'],
  [
    'rollback-rehearsed',
    { deeds: deed('rollback', 'healthy', '2026-11-01T00:00:00Z') },
    'pass slipway.yml: 2026-11-01T00:00:00Z, staging',
  ],
  [
    'rollback-rehearsed',
    { deeds: deed('deploy', 'rolled-back', '2026-01-01T00:00:00Z') },
    'fail slipway.yml: the last one was 332 days ago',
  ],
];

describe('the doctor on what is in the repository', () => {
  test.each(cases)('%s %j: %s', (id, given, seen) => {
    expect(seenOf(id, given)).toContain(seen);
  });

  test('every check of the repository has a case that fails and one that passes', () => {
    for (const { id } of checks.filter(({ family }) => family === 'repository'))
      for (const state of ['pass', 'fail'])
        expect([id, state, cases.some(one => one[0] === id && one[2].startsWith(`${state} `))]).toEqual([
          id,
          state,
          true,
        ]);
  });

  test('what is not there is not asked for: a program that is only built has no hosts', () => {
    const seen = new Set(examine('repository', facts({ yml: 'build: {}' })).map(({ check }) => check));
    for (const id of ['no-root', 'sandbox', 'limits', 'keep-releases', 'backup', 'health-gate', 'base-locked', 'tls'])
      expect([id, seen.has(id)]).toEqual([id, false]);
  });

  test('every check says why and what to do, under a name of its own', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    for (const { title, reason, fix } of checks)
      for (const text of [title, reason, fix]) expect(text).toMatch(/^[A-ZÄÖÜ`\p{L}].*[.)]$/u);
  });
});
