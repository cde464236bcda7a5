import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Answer } from '../../src/core/host-agent/answer.ts';
import { aroundOf } from '../../src/deploy-ssh-systemd/around.ts';
import type { HostFacts } from '../../src/deploy-ssh-systemd/facts.ts';

const day = 86_400_000;
let folder: string;
let pem: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-around-'));
  const out = join(folder, 'pem');
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const files = ['-subj', '/CN=app.example.org', '-keyout', join(folder, 'key'), '-out', out];
  execFileSync('openssl', [...words, ...files], { stdio: 'ignore' });
  pem = readFileSync(out, 'utf8').trim();
});
afterAll(() => rmSync(folder, { recursive: true }));

const around = (system: Record<string, string>, said: Record<string, string> = {}, more: Partial<HostFacts> = {}) => {
  const answer = new Answer();
  for (const [name, value] of Object.entries(said)) answer.add(name, value);
  const facts = { system: new Map(Object.entries(system)), pending: [], ...more } as unknown as HostFacts;
  return (now = Date.now()) => aroundOf(facts, answer, now).map(one => `${one.isWrong ? '! ' : ''}${one.words}`);
};

const plain = 'server {\n    listen 80;\n    server_name app.example.org;\n}\n';
const tls = `${plain}server {\n    server_name app.example.org;\n    ssl_certificate /etc/a.pem;\n}\n`;

test('a site: its names, and until when its certificate is valid', () => {
  const seen = around({ nginx: tls }, { certificate: pem });
  expect(seen()).toEqual([
    expect.stringMatching(/^nginx: app.example.org, certificate \/etc\/a.pem until .* UTC \(in (29|30) days\)$/),
  ]);
  expect(seen(Date.now() + 29.5 * day)[0]).toMatch(/\(in \d+h/);
  expect(seen(Date.now() + 31 * day)[0]).toMatch(
    /^! nginx: app.example.org; its certificate \/etc\/a.pem has expired on /,
  );
  expect(around({ nginx: tls })()[0]).toBe('! nginx: app.example.org; its certificate /etc/a.pem cannot be read');
  expect(around({ nginx: plain })()[0]).toBe('nginx: app.example.org, without TLS');
  expect(around({ nginx: plain }, { down: 'nginx' })()[0]).toBe('! nginx: app.example.org; nginx is not running');
});

test.each<[string, Record<string, string>, Record<string, string>, Partial<HostFacts>, string]>([
  ['in force', { firewall: '# By ufw\nallow 80\n' }, {}, {}, 'firewall: rules by ufw are in force'],
  [
    'armed',
    { firewall: '# By nft\n policy drop;\n' },
    {},
    { pending: ['intent.x'] },
    'firewall: rules by nft are in force, default-deny armed: taken back unless it is confirmed',
  ],
  [
    'gone',
    { firewall: '# By nft\n policy drop;\n' },
    { down: 'firewall' },
    {},
    '! firewall: its rules by nft are not in force',
  ],
  [
    'rsyslog away',
    { rsyslog: '    action(type="omfile" file="/var/log/a.log" fileCreateMode="0640")\n' },
    { down: 'rsyslog' },
    {},
    '! logs: to /var/log/a.log by rsyslog, which is not running',
  ],
  [
    'rotated',
    { logrotate: '/var/log/a/*.log {\n    daily\n}\n' },
    {},
    {},
    'logs: /var/log/a/*.log rotated by logrotate',
  ],
  ['none yet', { backup: 'by rsync\nto /srv/b\n' }, { backups: '' }, {}, 'backups: none yet in /srv/b'],
  [
    'a lost share',
    {},
    { share: '/srv/apps/a', down: 'share', said: 'Transport endpoint is not connected' },
    {},
    '! share: /srv/apps/a does not answer: Transport endpoint is not connected',
  ],
])('%s', (_, system, said, more, expected) => {
  expect(around(system, said, more)()).toEqual([expected]);
});
