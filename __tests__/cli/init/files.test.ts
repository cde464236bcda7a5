import { expect, test } from '@jest/globals';
import { composeOf } from '../../../src/cli/init/compose.ts';
import { differences } from '../../../src/cli/init/differences.ts';
import { parseDockerfile } from '../../../src/cli/init/dockerfile.ts';
import { manifestsOf } from '../../../src/cli/init/manifests.ts';
import { imageOf, parseRemote } from '../../../src/cli/init/repository.ts';
import type { Tree } from '../../../src/core/tree.ts';

const program = { package: '.', name: 'hello', at: 'main.go:1' };
const treeOf = (files: Record<string, string>): Tree => ({
  files: Object.keys(files),
  read: async file => files[file] ?? '',
});

test('a Dockerfile: base, user, files, arguments and ports of its last stage', () => {
  const text = [
    'ARG BASE=alpine:3.22',
    'FROM golang:1.26 AS build',
    'RUN go build -o /hello .',
    'FROM ${BASE}',
    'WORKDIR /srv',
    'RUN apk add --no-cache ca-certificates tzdata && adduser -D app',
    'RUN apk add --no-cache \\',
    '    imagemagick',
    'COPY --from=build /hello .',
    'COPY --chown=app web/dist ./web',
    'ENV PORT=8080 MODE="very fast"',
    'USER 1000:1000',
    'EXPOSE 8080 9090/udp',
    'ENTRYPOINT ["/srv/hello"]',
    'CMD ["--listen=:8080"]',
  ].join('\n');
  expect(parseDockerfile(text, 'Dockerfile')).toEqual({
    file: 'Dockerfile',
    base: { value: 'docker.io/library/alpine:3.22', at: 'Dockerfile:4' },
    workdir: { value: '/srv', at: 'Dockerfile:5' },
    user: { value: '1000:1000', at: 'Dockerfile:12' },
    ports: [{ value: 8080, at: 'Dockerfile:13' }],
    files: [{ value: 'web/dist:/srv/web', at: 'Dockerfile:10' }],
    args: { value: ['--listen=:8080'], at: 'Dockerfile:15' },
    env: [
      { value: ['PORT', '8080'], at: 'Dockerfile:11' },
      { value: ['MODE', 'very fast'], at: 'Dockerfile:11' },
    ],
    runs: [{ value: expect.stringContaining('imagemagick'), at: 'Dockerfile:7' }],
  });
});

test('a compose file: ports, arguments and settings; of secrets the names only', async () => {
  const text = [
    'services:',
    '  db: { image: "postgres:17" }',
    '  hello:',
    '    build: .',
    '    image: ghcr.io/acme/hello:1',
    '    command: ["--fast"]',
    '    ports: ["80:8080"]',
    '    environment:',
    '      LOG_LEVEL: info',
    '      DB_PASSWORD: hunter22',
    '      API_TOKEN: ${API_TOKEN}',
    '    secrets: [tls-key]',
  ].join('\n');
  const found = await composeOf(treeOf({ 'compose.yaml': text }), program);
  expect(found).toMatchObject({
    image: { value: 'ghcr.io/acme/hello:1', at: 'compose.yaml:5' },
    args: { value: ['--fast'], at: 'compose.yaml:6' },
    ports: [{ value: 8080, at: 'compose.yaml:7' }],
    environment: [{ value: ['LOG_LEVEL', 'info'], at: 'compose.yaml:9' }],
  });
  expect(found?.secrets.map(one => one.value)).toEqual(['DB_PASSWORD', 'API_TOKEN', 'tls-key']);
  expect(JSON.stringify(found)).not.toContain('hunter22');
});

const deployment = (name: string, image: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: shop }\nspec:\n  template:\n    spec:\n      containers:\n        - name: side\n          image: envoy:1\n        - name: app\n          image: ${image}\n          ports: [{ name: metrics, containerPort: 9090 }, { name: http, containerPort: 8080 }]\n          readinessProbe: { httpGet: { path: /up, port: http } }\n`;

test('manifests: the Deployment of the program, what stands beside it, its container, and its router', async () => {
  const found = await manifestsOf(
    treeOf({
      'deploy/other/d.yaml': deployment('other', 'x/other:1'),
      'deploy/hello/d.yaml': deployment('web', 'registry.acme.dev/team/hello:1'),
      'deploy/hello/r.yaml':
        'apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: { name: hello }\nspec:\n  routes:\n    - match: Host(`hello.acme.dev`)\n',
      'deploy/hello/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: a-\n',
      'charts/hello/templates/d.yaml': 'kind: Deployment\nname: {{ .Values.name }}',
    }),
    program,
  );
  expect(found).toMatchObject({
    files: ['deploy/hello/d.yaml', 'deploy/hello/r.yaml'],
    workload: { value: 'deployment/web', at: 'deploy/hello/d.yaml:3' },
    namespace: { value: 'shop' },
    container: { value: 'app', at: 'deploy/hello/d.yaml:10' },
    image: { value: 'registry.acme.dev/team/hello:1', at: 'deploy/hello/d.yaml:11' },
    ports: [{ value: 8080 }, { value: 9090 }],
    healthPath: { value: '/up' },
    router: { value: 'traefik', at: 'deploy/hello/r.yaml:2' },
    hostname: { value: 'hello.acme.dev' },
    notes: [expect.stringContaining('kubectl kustomize deploy/hello')],
  });
});

test.each([
  ['git@github.com:Acme/Hello.git', 'ghcr.io/acme/hello'],
  ['https://github.com/acme/hello', 'ghcr.io/acme/hello'],
  ['https://user:token@gitlab.com/group/sub/hello.git', 'registry.gitlab.com/group/sub/hello'],
  ['ssh://git@codeberg.org:22/acme/hello.git', 'codeberg.org/acme/hello'],
  ['https://scm.acme.dev/acme/hello.git', undefined],
  ['/srv/git/hello.git', undefined],
])('the image of the remote %s', (url, expected) => {
  const remote = parseRemote(url);
  expect(remote && imageOf(remote)?.value).toBe(expected);
});

test('differences are the lines that went and came', () => {
  expect(differences('a\nb\nc\n', 'a\nx\nc\ny\n')).toEqual(['- b', '+ x', '+ y']);
});
