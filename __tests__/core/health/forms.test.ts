import { describe, expect, test } from '@jest/globals';
import type { SlipwayError } from '../../../src/core/errors.ts';
import { type Check, parseChecks, parseEveryCheck } from '../../../src/core/health/index.ts';

const one = (text: string): Check => {
  const checks = parseEveryCheck(text);
  expect(checks).toHaveLength(1);
  return checks[0]!;
};
const problem = (text: string, parse: (text: string) => unknown = parseEveryCheck): SlipwayError => {
  try {
    parse(text);
  } catch (error) {
    return error as SlipwayError;
  }
  throw new Error(`nothing was thrown for ${text}`);
};
const digest = `sha256:${'a'.repeat(64)}`;

describe('each kind, in short form and as YAML', () => {
  test.each<[string, string, object]>([
    [
      'POST https://host/x 2xx http 2 matches "^ok\\d" lacks error answer-headers "X-Version: ^1" json $.a=1 json $.b=up',
      '- {url: "https://host/x", method: post, status: 2xx, http: 2, matches: "^ok\\\\d", lacks: [error], answer-headers: {X-Version: ^1}, json: {$.a: 1, $.b: up}}',
      { kind: 'http', http: '2', matches: [/^ok\d/], lacks: [/error/], answerHeaders: { 'x-version': /^1/ } },
    ],
    [
      'http://unix:/run/app.sock:/healthz?x=1 204',
      '- {url: "http://unix:/run/app.sock:/healthz?x=1", status: 204}',
      { kind: 'http', socket: '/run/app.sock', name: 'http://unix:/run/app.sock:/healthz?x=1' },
    ],
    [
      'tcp mail:25 expect "^220 .*ESMTP" within 1s',
      '- {tcp: "mail:25", expect: "^220 .*ESMTP", within: 1s}',
      { kind: 'tcp', dialogue: [{ expect: /^220 .*ESMTP/m }], within: 1000 },
    ],
    [
      'tcp unix:/run/redis.sock send "PING\\r\\n" expect PONG',
      '- {tcp: "unix:/run/redis.sock", send: "PING\\r\\n", expect: PONG}',
      { kind: 'tcp', socket: '/run/redis.sock', dialogue: [{ send: 'PING\r\n' }, { expect: /PONG/m }] },
    ],
    [
      'tls example.com valid-for 14d protocol 1.3 server-name www.example.com',
      '- {tls: "example.com", valid-for: 14d, protocol: 1.3, server-name: www.example.com}',
      { kind: 'tls', host: 'example.com', port: 443, validFor: 14 * 86_400_000, protocol: '1.3', insecure: false },
    ],
    [
      'grpc host:50051 service my.Service tls watch',
      '- {grpc: "host:50051", service: my.Service, tls: true, watch: true}',
      {
        kind: 'grpc',
        host: 'host',
        port: 50_051,
        service: 'my.Service',
        tls: true,
        watch: true,
        name: 'grpc host:50051 my.Service',
      },
    ],
    [
      'dns example.com type mx answers "10 mail.example.com" server 192.0.2.1:53 exact',
      '- {dns: example.com, type: MX, answers: 10 mail.example.com, server: "192.0.2.1:53", exact: true}',
      { kind: 'dns', type: 'MX', answers: ['10 mail.example.com'], exact: true, absent: false },
    ],
    [
      'unit hello on deploy@host restarts 0',
      '- {unit: hello.service, on: deploy@host, restarts: 0}',
      { kind: 'unit', unit: 'hello.service', on: 'deploy@host', state: 'active', restarts: 0 },
    ],
    [
      'workload sts/db namespace shop endpoints 2',
      '- {workload: StatefulSet/db, namespace: shop, endpoints: 2}',
      { kind: 'workload', workload: 'StatefulSet', object: 'db', name: 'StatefulSet/db in shop' },
    ],
    [
      `container web runtime podman image ${digest}`,
      `- {container: web, runtime: podman, image: "${digest}"}`,
      { kind: 'container', container: 'web', state: 'running', image: digest },
    ],
    [
      'prometheus http://prom:9090/base query "sum(up{job=\\"a\\"})" at-least 1 below 5',
      '- {prometheus: "http://prom:9090/base", query: \'sum(up{job="a"})\', at-least: 1, below: 5}',
      { kind: 'prometheus', query: 'sum(up{job="a"})', limits: { atLeast: 1, below: 5 } },
    ],
    [
      `image ghcr.io/acme/hello:v1 digest ${digest} platforms linux/amd64 platforms linux/arm64 attestations provenance`,
      `- {image: "ghcr.io/acme/hello:v1", digest: "${digest}", platforms: [linux/amd64, linux/arm64], attestations: provenance}`,
      { kind: 'image', digest, platforms: ['linux/amd64', 'linux/arm64'], attestations: ['provenance'] },
    ],
    [
      'image ghcr.io/acme/hello:v1 attestations sbom source-repository acme/hello trusted-root root.json',
      '- {image: "ghcr.io/acme/hello:v1", attestations: [sbom], source-repository: acme/hello, trusted-root: root.json}',
      { kind: 'image', identity: { 'source-repository': 'acme/hello', 'trusted-root': 'root.json' } },
    ],
    [
      'command pg_isready -h "my db" --within 3s',
      '- command: [pg_isready, -h, my db, --within, 3s]',
      { kind: 'command', argv: ['pg_isready', '-h', 'my db', '--within', '3s'], exit: [[0, 0]] },
    ],
  ])('%s', (short, long, expected) => {
    expect(one(short)).toMatchObject(expected);
    expect(one(long)).toEqual(one(short));
  });

  test('the policy of one check', () => {
    const check = one(
      'https://h/ period 1s timeout 2s deadline 1m successes 5 failures 3 hold 10s latency "p95 < 300ms over 50" warn-only',
    );
    expect(check.policy).toEqual({
      period: 1000,
      attemptTimeout: 2000,
      deadline: 60_000,
      successes: 5,
      failures: 3,
      hold: 10_000,
      latency: { share: 0.95, limit: 300, over: 50 },
      warnOnly: true,
    });
    expect(one('https://h/').policy).toBeUndefined();
  });

  test('a dialogue of several turns', () => {
    const check = one(`
- tcp: mail:25
  dialogue:
    - expect: ^220
      send: "EHLO probe\\r\\n"
    - { expect: 250 STARTTLS, send: "STARTTLS\\r\\n" }
    - expect: ^220
    - { starttls: true, send: "QUIT\\r\\n" }
`);
    expect(check).toMatchObject({
      dialogue: [
        { expect: /^220/m, send: 'EHLO probe\r\n' },
        { send: 'STARTTLS\r\n' },
        { expect: /^220/m },
        { starttls: true },
      ],
    });
  });

  test('the way: addresses of one’s own, one family, all of them, a proxy', () => {
    expect(
      one('- {url: "http://app.test/", resolve: {App.test: [192.0.2.1, "::1"]}, ip: 4, addresses: all}'),
    ).toMatchObject({ resolve: { 'app.test': ['192.0.2.1', '::1'] }, ip: 4, addresses: 'all' });
    expect(one('http://app.test/ resolve 192.0.2.1 proxy env')).toMatchObject({
      resolve: { '*': ['192.0.2.1'] },
      proxy: 'env',
    });
    expect(one('http://app.test/ proxy http://me:secret@proxy:3128')).toMatchObject({
      proxy: new URL('http://me:secret@proxy:3128'),
    });
  });
});

describe('what is wrong is said', () => {
  test.each([
    ['htps://host/x', 'not an http:// or https:// URL'],
    ['grcp host:1', '"grcp" begins no check (did you mean "grpc"?)'],
    ['grpc host:1 sevice a', '"sevice" is not understood in "grpc host:1 sevice a" (did you mean "service"?)'],
    ['dns example.com type BX', 'allowed: A, AAAA'],
    ['dns example.com absent answers 1.2.3.4', '"absent" says that there is no answer'],
    ['unit ../x', 'not the name of a unit'],
    ['workload job/x', 'not deployment/NAME'],
    ['container -x', 'not the name of a container'],
    ['prometheus http://p:9090 query up', 'a limit is missing'],
    ['prometheus http://p:9090 above 1', '"query" is missing'],
    ['image ghcr.io/a/b:1 digest abc', 'it is not sha256:'],
    [
      '- {image: "ghcr.io/a/b:1", attestations: sbom, certificate-identity: a@b.c}',
      '"certificate-identity" is given without "certificate-oidc-issuer"',
    ],
    ['- {image: "ghcr.io/a/b:1", source-repository: acme/hello}', '"source-repository" needs "attestations"'],
    [
      '- {image: "ghcr.io/a/b:1", attestations: sbom, signed-by: "-----BEGIN PUBLIC KEY-----", source-repository: a/b}',
      'both say who must have signed',
    ],
    ['- {image: "ghcr.io/a/b:1", signed-by: "-----BEGIN PUBLIC KEY-----"}', '"signed-by" needs "attestations"'],
    ['command', '"command" is not text'],
    ['tcp host:1 expect "("', '"expect" is no regular expression'],
    ['tls host:1 ca /no/such/file', 'cannot be read (ENOENT)'],
    ['tls host:1 valid-for 14', 'is not a duration'],
    ['https://h/ latency "p95 < 300ms over 10"', 'p95 says nothing over 10 samples; it needs 20'],
    ['https://h/ latency "p95 < 300 over 50"', 'is not a duration'],
    ['https://h/ latency fast', 'is not a latency budget'],
    ['https://h/ hold 3s hold 4s', '"hold" is there twice'],
    [
      '- {url: "http://h/", depends-on: db}\n- {tcp: "db:1", name: dbs}',
      'depends on "db", which is no check here (did you mean "dbs"?)',
    ],
    ['- {tcp: "a:1", name: a, depends-on: b}\n- {tcp: "b:1", name: b, depends-on: [a]}', 'in a circle: a → b → a'],
    ['- {url: "http://h/", tcp: "h:1"}', 'it has several targets: "url", "tcp"'],
    ['http://h/ addresses all proxy http://p:1', 'can only be any where there is a "proxy"'],
    ['- {tcp: "h:1", dialogue: [{sned: x}]}', 'unknown key "sned"'],
  ])('%s', (text, words) => {
    const error = problem(text);
    expect(error.message).toContain(words);
    expect(error.hint).toBeTruthy();
  });

  test('the gate of a deploy takes only what it can reach from its host', () => {
    expect(parseChecks('grpc h:1\ntls h:1\ntcp h:1\nhttp://h/').map(check => check.kind)).toEqual([
      'grpc',
      'tls',
      'tcp',
      'http',
    ]);
    expect(problem('command true', parseChecks).message).toContain('begins no check');
    expect(problem('- command: [true]', parseChecks).message).toContain('it needs one of "url", "tcp", "tls", "grpc"');
  });
});
