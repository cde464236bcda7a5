import { X509Certificate } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { parseChecks } from '../../src/core/health/index.ts';
import { probe } from '../../src/core/health/probe.ts';
import { makeAuthority, type Pair, selfSigned } from './certificates.ts';
import { type Deployed, deploy, helloService, onHost, reach } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildHello } from './hello.ts';
import { describeWith, type LabHost, labModule } from './lab.ts';
import { startLoad } from './load.ts';

jest.setTimeout(120_000);

const sitePath = '/etc/nginx/conf.d/slipway-hello.conf';
const name = 'hello.example.org';

/** A program behind the proxy: says the headers that it got, and echoes what comes by a WebSocket. */
const echo = `
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8090", Listen => 9, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  my $head = "";
  while (my $line = <$client>) { last if $line eq "\\r\\n"; $head .= $line }
  if ($head =~ /^upgrade: websocket/mi) {
    print $client "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n"; $client->flush;
    my $got; sysread($client, $got, 100) and syswrite($client, $got);
  } else { print $client "HTTP/1.1 200 OK\\r\\nContent-Length: " . length($head) . "\\r\\n\\r\\n$head" }
  close $client;
}`;

await describeWith(
  ['fresh:host71', 'fresh:host72', 'fresh:host73', 'go', 'package:openssl', 'peer:grpc-health', 'peer:pebble'],
  'deploy-ssh-systemd: nginx in front of the service',
  lab => {
    const host = lab['fresh:host71'];
    let folder: string;
    let inputs: Record<string, string>;
    let pair: Pair;
    const onShell = (script: string) => onHost(host, 'sh', '-c', script);
    const site = (given: Record<string, unknown>) => ({ proxy: JSON.stringify({ names: name, ...given }) });
    const run = (given: Record<string, string>) => deploy({ ...inputs, ...given });
    const states = (done: Deployed) => done.record?.deployments.map(one => one.state);
    const installed = () => onShell(`cat ${sitePath} 2>/dev/null || :`);
    /** Without those of the configuration before, which end when their last connection does. */
    const list = `for pid in $(pgrep nginx); do grep -qa 'shutting down' /proc/$pid/cmdline 2>/dev/null || echo $pid; done`;
    /** Once they stay the same: after a reload the former ones are told to go a moment after the new ones have come. */
    const workers = async () => {
      for (let before = ''; ; await sleep(300)) {
        const now = await onShell(list);
        if (now === before) return now;
        before = now;
      }
    };
    /** By nginx: what the service of this name answers, over TLS where a certificate is trusted. */
    const get = (as = name, options: Record<string, unknown> = {}): Promise<IncomingMessage & { text: string }> =>
      new Promise((resolve, reject) => {
        const make = options['ca'] === undefined ? httpRequest : httpsRequest;
        const all = {
          host: host.address,
          headers: { host: as },
          servername: as,
          agent: false,
          timeout: 5000,
          ...options,
        };
        const asked: ClientRequest = make(all, response => {
          let text = '';
          response.on('data', chunk => (text += chunk));
          response.on('end', () => resolve(Object.assign(response, { text })));
        });
        asked.on('upgrade', (response, socket) => {
          socket.once('data', chunk => resolve(Object.assign(response, { text: String(chunk) })));
          socket.write('over the socket');
        });
        asked.on('error', reject);
        asked.on('timeout', () => asked.destroy(new Error('timeout')));
        asked.end();
      });
    const greeting = async (as = name) => JSON.parse((await get(as)).text).greeting;

    beforeAll(async () => {
      const { install } = await labModule('host');
      await install(host.name, ['nginx-light']);
      await onShell(
        'rm -f /etc/nginx/modules-enabled/* /etc/nginx/sites-enabled/default; systemctl daemon-reload; systemctl enable --now nginx',
      );
      folder = await mkdtemp(join(tmpdir(), 'slipway-proxy-'));
      pair = await selfSigned(folder, 'good', name);
      const other = await selfSigned(folder, 'other', name);
      for (const [from, to] of [
        [pair.certificate, 'good.pem'],
        [pair.key, 'good.key'],
        [other.key, 'other.key'],
      ] as const)
        await copyFile(from, join(host.root, 'etc', to));
      await writeFile(join(host.root, 'root/echo.pl'), echo);
      await copyFile(lab['peer:grpc-health'], join(host.root, 'usr/local/bin/grpc-health'));
      await onShell('chmod 755 /usr/local/bin/grpc-health; systemd-run --quiet --unit=echo perl /root/echo.pl');
      inputs = {
        ...(await reach(host)),
        ...helloService('20s'),
        become: 'sudo-shell',
        binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
        environment: 'HELLO_GREETING=one',
      };
    }, 300_000);
    afterAll(async () => {
      await rm(folder, { recursive: true });
      await (await labModule('host')).down({ name: host.name, remove: true });
    }, 60_000);

    test('the plan shows the site and changes nothing', async () => {
      const done = await run({ ...site({}), mode: 'plan' });
      expect(done.code).toBe(0);
      expect(done.log).toContain(`system/nginx +    server_name ${name};`);
      expect(await installed()).toBe('');
    });

    test('it serves with the release; applied again nothing changes', async () => {
      expect(states(await run(site({})))).toEqual(['healthy']);
      expect(await greeting()).toBe('one');
      const before = [await installed(), await workers()];
      expect(states(await run(site({})))).toEqual(['unchanged']);
      expect([await installed(), await workers()]).toEqual(before);
    });

    test('what somebody changed of it is put right', async () => {
      const good = await installed();
      await onShell(`sed -i s/${name}/changed.example/ ${sitePath}; systemctl reload nginx`);
      expect(states(await run(site({})))).toEqual(['healthy']);
      expect(await installed()).toBe(good);
      expect(await greeting()).toBe('one');
    });

    test('another site is switched with its release, and a rollback brings the former one', async () => {
      const two = { ...site({ names: 'two.example.org' }), environment: 'HELLO_GREETING=two' };
      expect(states(await run(two))).toEqual(['healthy']);
      expect(await greeting('two.example.org')).toBe('two');
      expect(states(await run({ mode: 'rollback' }))).toEqual(['healthy']);
      expect(await installed()).toContain(`server_name ${name};`);
      expect(await greeting()).toBe('one');
    });

    test('what a run left that was cut off while certbot asked, or before nginx knew that a site was gone', async () => {
      const left = '/etc/nginx/conf.d/slipway-hello.acme.conf';
      const mine = 'late.example.org';
      await onShell(
        `printf '# X-Slipway=/opt/slipway/hello\nserver { listen 80; server_name ${mine}; location / { return 404; } }\n' >${left}
        systemctl reload nginx`,
      );
      const done = await run(site({ names: mine }));
      expect([states(done), done.log]).toEqual([['healthy'], expect.not.stringContaining('::error')]);
      expect(await greeting(mine)).toBe('one');
      expect(await onShell('ls /etc/nginx/conf.d')).toBe('slipway-hello.conf');
      await onShell(`touch /opt/slipway/hello/state/unread.nginx; rm ${sitePath}`);
      expect(await greeting(mine)).toBe('one');
      expect(states(await run({}))).toEqual(['healthy']);
      const gone = await get(mine).catch(error => error);
      expect(gone.text ?? gone.code).not.toContain('one');
      expect(states(await run(site({})))).toEqual(['healthy']);
    });

    test('a release that fails takes its site back with it', async () => {
      const before = await installed();
      const bad = { ...site({ names: 'bad.example.org' }), environment: 'HELLO_CRASH_AFTER=100ms' };
      expect(states(await run(bad))).toEqual(['rolled-back']);
      expect(await installed()).toBe(before);
      expect(await greeting()).toBe('one');
      const { headers } = await get('bad.example.org');
      expect(headers.server).toMatch(/^nginx/);
    });

    test('a site that nginx cannot serve after all: the former one is put back, and the release with it', async () => {
      const before = await installed();
      const listener = `IO::Socket::INET->new(LocalPort => 8095, Listen => 1) and sleep 600`;
      const late = {
        ...site({ http: 8095 }),
        environment: 'HELLO_GREETING=late',
        'healthy-deadline': '30s',
        // between the look and the switch somebody takes its port
        hooks: JSON.stringify({
          'before-deploy': `sudo systemd-run --quiet --unit=late perl -MIO::Socket::INET -e '${listener}' && until ss -ltn | grep -q :8095; do sleep 0.1; done`,
        }),
      };
      const done = await run(late);
      await onShell('systemctl stop late');
      expect(done.log).toMatch(/the switch failed on the host: no new workers of nginx/);
      expect(states(done)).toEqual(['rolled-back']);
      expect(await installed()).toBe(before);
      expect(await greeting()).toBe('one');
    });

    describe('refused before anything is changed', () => {
      const refuses = async (given: Record<string, unknown>, words: RegExp) => {
        const before = [await installed(), await workers()];
        const done = await run({ ...site(given), environment: 'HELLO_GREETING=never' });
        expect(done.log).toMatch(words);
        expect(done.code).toBe(1);
        expect([await installed(), await workers()]).toEqual(before);
        expect(await greeting()).toBe('one');
        expect(await onShell('ls /opt/slipway/hello/releases | wc -l')).toBe(releases);
      };
      let releases: string;
      beforeAll(async () => {
        releases = await onShell('ls /opt/slipway/hello/releases | wc -l');
      });

      test('a name that is no host name', () =>
        refuses({ names: 'hello_1.example.org' }, /"hello_1.example.org" is no host name/));

      test('a certificate of another key', () =>
        refuses(
          { tls: { certificate: '/etc/good.pem', key: '/etc/other.key' } },
          /the certificate \/etc\/good.pem does not match the key \/etc\/other.key.*CERTIFICATE_MISMATCH/,
        ));

      test('a certificate that has expired', async () => {
        const days = (count: number) => new Date(Date.now() + count * 86_400_000);
        const authority = await makeAuthority(folder);
        const old = await authority.sign('old', name, days(-20), days(-10));
        await copyFile(old.certificate, join(host.root, 'etc/old.pem'));
        await copyFile(old.key, join(host.root, 'etc/old.key'));
        await refuses(
          { tls: { certificate: '/etc/old.pem', key: '/etc/old.key' } },
          /the certificate \/etc\/old.pem was valid until .*CERTIFICATE_EXPIRED/,
        );
      });

      test('a certificate that is not there', () =>
        refuses(
          { tls: { certificate: '/etc/none.pem', key: '/etc/good.key' } },
          /nginx does not take the site: cannot load certificate "\/etc\/none.pem"/,
        ));

      test('a port that another service has', async () => {
        await refuses(
          { http: 8090 },
          /port 8090 of the site is in use by perl, pid \d+, of echo.service, not by nginx.*PORT_IN_USE/,
        );
      });

      test('a name that another site has; another file that nginx does not take', async () => {
        const others = '/etc/nginx/conf.d/others.conf';
        await onShell(`echo 'server { listen 80; server_name taken.example.org; }' >${others}`);
        await refuses({ names: 'taken.example.org' }, /another site has the server name taken.example.org/);
        await onShell(`echo 'nonsense;' >${others}`);
        await refuses(
          { names: 'other.example.org' },
          /nginx does not take the site: .*"nonsense" in \/etc\/nginx\/conf.d\/others.conf/,
        );
        // what is in place is not looked at again
        expect(states(await run({ ...site({}), environment: 'HELLO_GREETING=meanwhile' }))).toEqual(['healthy']);
        await onShell(`rm ${others}`);
        expect(states(await run(site({})))).toEqual(['healthy']);
        releases = await onShell('ls /opt/slipway/hello/releases | wc -l');
      });

      test('a file of somebody else in its place', async () => {
        const done = await run({
          ...site({}),
          service: 'other',
          listen: '8081',
          'health-checks': 'tcp 127.0.0.1:8081',
          ...(await foreign()),
        });
        expect(done.log).toMatch(/slipway-other.conf is there and not of Slipway.*SYSTEM_FOREIGN/);
        expect(await onShell('cat /etc/nginx/conf.d/slipway-other.conf')).toBe('# theirs');
        await onShell('rm /etc/nginx/conf.d/slipway-other.conf');
      });
      const foreign = async () => {
        await onShell('echo "# theirs" >/etc/nginx/conf.d/slipway-other.conf');
        return {};
      };
    });

    test('headers and WebSocket are passed on, and TLS ends here', async () => {
      const tls = { certificate: '/etc/good.pem', key: '/etc/good.key' };
      expect(states(await run(site({ tls, port: 8090 })))).toEqual(['healthy']);
      const plain = await get();
      expect([plain.statusCode, plain.headers.location]).toEqual([308, `https://${name}/`]);
      const ca = await readFile(pair.certificate);
      const forged = { host: name, 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for=203.0.113.9' };
      const { text } = await get(name, { ca, port: 443, headers: forged });
      expect(text).toMatch(/^X-Forwarded-Proto: https\r$/m);
      expect(text).toMatch(new RegExp(`^Host: ${name}\r$`, 'm'));
      expect(text).toMatch(/^X-Forwarded-For: [0-9.]+\r$/m);
      expect(text).not.toContain('203.0.113.9');
      const upgrade = { host: name, Connection: 'Upgrade', Upgrade: 'websocket' };
      const socket = await get(name, { ca, port: 443, headers: upgrade });
      expect([socket.statusCode, socket.text]).toEqual([101, 'over the socket']);
    });

    test('status has the names, and until when the certificate is valid', async () => {
      const seen = await run({ mode: 'status' });
      const { validToDate } = new X509Certificate(await readFile(pair.certificate));
      const until = `${validToDate.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
      expect(seen.outputs['state']).toBe('healthy');
      expect(seen.log).toContain(`  nginx: ${name}, certificate /etc/good.pem until ${until} (in `);
    });

    test('gRPC is passed on, to a socket', async () => {
      await onShell('systemd-run --quiet --unit=grpc sh -c "sleep infinity | grpc-health -socket /run/grpc.sock"');
      await eventually(async () => expect(await onShell('chmod 666 /run/grpc.sock && echo ok')).toBe('ok'));
      const tls = { certificate: '/etc/good.pem', key: '/etc/good.key' };
      expect(states(await run(site({ tls, socket: '/run/grpc.sock', grpc: true })))).toEqual(['healthy']);
      const check = { grpc: `${name}:443`, tls: true, insecure: true, resolve: { [name]: [host.address] } };
      const seen = await probe(parseChecks(JSON.stringify([check]))[0]!, { timeout: 5000 });
      expect(seen).toMatchObject({ ok: true, detail: 'the server is SERVING' });
    });

    test('an installed agent writes the site that bootstrap has let it, and no other', async () => {
      const root = `root@${host.address}:${host.port}`;
      const bootstrapped = await run({ ...site({}), mode: 'bootstrap', hosts: root, 'agent-user': 'deploy' });
      expect(bootstrapped.log).toMatch(/allowed\/deploy: hello \/opt\/slipway\/hello dynamic nginx:[0-9a-f]{64}/);
      const before = await installed();
      const byAgent = { become: 'agent', environment: 'HELLO_GREETING=by the agent' };
      const refused = await run({ ...site({ names: 'mine.example.org' }), ...byAgent });
      expect(refused.log).toMatch(
        /slipway-hello.conf, with this text, is not among what root has let deploy write.*SYSTEM_FORBIDDEN/,
      );
      expect(await installed()).toBe(before);
      expect(states(await run({ ...site({}), ...byAgent }))).toEqual(['healthy']);
      expect(await greeting()).toBe('by the agent');
    });

    describe('certbot, with an authority that asks through nginx', () => {
      const secure = 'my-secure.example.org';
      const tail = 'secure.example.org'; // no name of the site, though one ends with it
      const certbot = { email: 'ops@example.org', server: 'https://127.0.0.1:14000/dir' };
      const byCertbot = (names: string[]) => site({ names, tls: { certbot } });
      let ca: string;
      const serial = async (as = secure) => {
        const { socket } = await get(as, { ca, port: 443, method: 'HEAD' });
        return (socket as TLSSocket).getPeerCertificate().serialNumber;
      };

      beforeAll(async () => {
        await (await labModule('host')).install(host.name, ['certbot']);
        const own = await selfSigned(folder, 'acme', '127.0.0.1');
        await copyFile(own.certificate, join(host.root, 'etc/acme.pem'));
        await copyFile(own.key, join(host.root, 'etc/acme.key'));
        await copyFile(lab['peer:pebble'], join(host.root, 'usr/local/bin/pebble'));
        const config = {
          listenAddress: '127.0.0.1:14000',
          managementListenAddress: '127.0.0.1:15000',
          certificate: '/etc/acme.pem',
          privateKey: '/etc/acme.key',
          httpPort: 80,
          tlsPort: 443,
        };
        await writeFile(join(host.root, 'etc/pebble.json'), JSON.stringify({ pebble: config }));
        await onShell(`cat /etc/acme.pem >>/etc/ssl/certs/ca-certificates.crt
          echo '127.0.0.1 ${secure} ${tail}' >>/etc/hosts
          chmod 755 /usr/local/bin/pebble
          systemd-run --quiet --unit=pebble --setenv=PEBBLE_VA_NOSLEEP=1 --setenv=PEBBLE_WFE_NONCEREJECT=0 pebble -config /etc/pebble.json`);
        await eventually(async () => {
          ca = await onShell('curl -sS --fail --cacert /etc/acme.pem https://127.0.0.1:15000/roots/0');
          expect(ca).toContain('BEGIN CERTIFICATE');
        });
      }, 60_000);

      test('it gets the certificate before the switch, and not again for the same names', async () => {
        expect(states(await run(byCertbot([secure])))).toEqual(['healthy']);
        const first = await serial();
        expect(await onShell('ls -A /etc/nginx/conf.d')).toBe('slipway-hello.conf');
        expect(states(await run({ ...byCertbot([secure]), environment: 'HELLO_GREETING=secure' }))).toEqual([
          'healthy',
        ]);
        expect(await serial()).toBe(first);
        const { text } = await get(secure, { ca, port: 443 });
        expect(JSON.parse(text).greeting).toBe('secure');
      });

      test('renewed by certbot itself, nginx serves the new one', async () => {
        const before = await serial();
        await onShell('certbot renew --quiet --force-renewal --no-random-sleep-on-renew');
        await eventually(async () => expect(await serial()).not.toBe(before));
      });

      test('a name more is in the next one; without an answer of the authority nothing is switched', async () => {
        expect(states(await run(byCertbot([secure, tail])))).toEqual(['healthy']);
        expect(await serial(tail)).toBe(await serial());
        await onShell('systemctl stop pebble');
        const before = [await installed(), await serial()];
        const done = await run(byCertbot([secure, 'never.example.org']));
        expect(done.log).toMatch(/certbot got no certificate: .*CERTBOT_FAILED/);
        expect(states(done)).toEqual(['failed']);
        expect([await installed(), await serial()]).toEqual(before);
        expect(await onShell('ls -A /etc/nginx/conf.d')).toBe('slipway-hello.conf');
      });
    });

    test('removed, nothing of it is left but the certificate, and nginx goes on', async () => {
      const done = await run({ mode: 'remove' });
      expect(states(done)).toEqual(['removed']);
      expect(done.log).toContain('its certificate (certbot delete --cert-name slipway-hello)');
      expect(await onShell('ls -A /etc/nginx/conf.d')).toBe('');
      expect(await onShell('systemctl is-active nginx; nginx -t -q')).toBe('active');
    });

    describe('on a host with the role lb', () => {
      const apps = [lab['fresh:host72'], lab['fresh:host73']];
      let fleet: Record<string, string>;
      const place = ({ user, address, port }: LabHost) => `${user}@${address}:${port}`;
      const underLoad = async (given: Record<string, string>) => {
        const load = startLoad(`http://${host.address}/`);
        const done = await run({ ...fleet, ...given });
        return { done, load: await load.end() };
      };

      beforeAll(async () => {
        const known = await Promise.all([host, ...apps].map(one => readFile(one.knownHosts, 'utf8')));
        fleet = {
          hosts: JSON.stringify([...apps.map(place), { host: place(host), roles: ['lb'] }]),
          'known-hosts': known.join('\n'),
          strategy: 'rolling',
          ...site({}),
        };
      }, 120_000);
      afterAll(async () => {
        const { down } = await labModule('host');
        for (const { name } of apps) await down({ name, remove: true });
      }, 60_000);

      test('the site comes when all serve; applied again nothing changes', async () => {
        const planned = await run({ ...fleet, mode: 'plan' });
        for (const { address } of apps) expect(planned.log).toContain(`system/nginx +    server ${address}:8080;`);
        expect(await installed()).toBe('');
        expect(states(await run(fleet))).toEqual(['healthy', 'healthy']);
        expect(await greeting()).toBe('one');
        const before = [await installed(), await workers()];
        expect(states(await run(fleet))).toEqual(['unchanged', 'unchanged']);
        expect([await installed(), await workers()]).toEqual(before);
      });

      test('a release under load loses no request, nor does a broken one that goes back', async () => {
        const before = await installed();
        const two = await underLoad({ environment: 'HELLO_GREETING=two' });
        expect(states(two.done)).toEqual(['healthy', 'healthy']);
        expect(two.load.answered).toBeGreaterThan(100);
        expect(two.load.failed).toEqual({});
        const bad = await underLoad({ environment: 'HELLO_CRASH_AFTER=100ms' });
        expect(states(bad.done)).toEqual(['rolled-back', 'not-begun']);
        expect(bad.load.failed).toEqual({});
        expect(await installed()).toBe(before);
        expect(await greeting()).toBe('two');
      });

      test('a site that its nginx does not take: no host is begun', async () => {
        const before = await installed();
        const tls = { certificate: '/etc/good.pem', key: '/etc/other.key' };
        const done = await run({ ...fleet, ...site({ tls }), environment: 'HELLO_GREETING=never' });
        expect(done.log).toMatch(/does not match the key.*CERTIFICATE_MISMATCH/);
        expect(await installed()).toBe(before);
        expect(await greeting()).toBe('two');
      });

      test('a server that an operator took out stays out of a new site', async () => {
        await onShell(
          `sed -i 's/server ${apps[0]!.address}:8080;/server ${apps[0]!.address}:8080 down;/' ${sitePath}; systemctl reload nginx`,
        );
        const same = { ...fleet, environment: 'HELLO_GREETING=two' };
        expect(states(await run({ ...same, ...site({ timeout: '30s' }) }))).toEqual(['unchanged', 'unchanged']);
        expect(await installed()).toContain('proxy_read_timeout 30000ms;');
        expect(await installed()).toContain(`server ${apps[0]!.address}:8080 down;`);
      });

      test('one that the operator brings in meanwhile is in when the new site comes', async () => {
        const server = `server ${apps[0]!.address}:8080`;
        const done = await run({
          ...fleet,
          ...site({ timeout: '31s' }),
          environment: 'HELLO_GREETING=three',
          hooks: JSON.stringify({
            'before-deploy': { run: `sed -i 's/${server} down;/${server};/' ${host.root}${sitePath}`, on: 'runner' },
          }),
        });
        expect(states(done)).toEqual(['healthy', 'healthy']);
        expect(await installed()).toContain('proxy_read_timeout 31000ms;');
        expect(await installed()).toContain(`${server};`);
        expect(states(await run({ ...fleet, environment: 'HELLO_GREETING=two' }))).toEqual(['healthy', 'healthy']);
        await onShell(`sed -i 's/${server};/${server} down;/' ${sitePath}; systemctl reload nginx`);
      });

      test('status has the site, and who is out; after a power cut it serves', async () => {
        const [first, second] = apps.map(({ address }) => `${address}:8080`);
        const seen = async () => {
          const { log, outputs } = await run({ ...fleet, mode: 'status' });
          expect(log).toMatch(
            new RegExp(
              `${place(host)}: the load balancer\n  in front of ${first} \\(out\\), ${second}\n  nginx: ${name}, without TLS`,
            ),
          );
          return outputs['state'];
        };
        expect(await seen()).toBe('healthy');
        await (await labModule('host')).restart(host.name);
        await eventually(async () => expect(await greeting()).toBe('two'));
        expect(await seen()).toBe('healthy');
        await onShell(`systemctl stop nginx; mv ${sitePath} /root/kept`);
        const gone = await run({ ...fleet, mode: 'status' });
        expect(gone.log).toContain('nginx: no site is in front');
        expect(gone.outputs['state']).toBe('failed');
        await onShell(`mv /root/kept ${sitePath}; systemctl start nginx`);
      });

      test('removed with the last host, nothing of it is left', async () => {
        const before = await installed();
        const some = await run({ ...fleet, mode: 'remove', limit: apps[1]!.address });
        expect([states(some), await installed()]).toEqual([['removed'], before]);
        expect(states(await run({ ...fleet, mode: 'remove' }))).toEqual(['removed', 'unchanged']);
        expect(await onShell('ls -A /etc/nginx/conf.d /opt/slipway')).toBe('/etc/nginx/conf.d:\n\n/opt/slipway:');
        expect(await onShell('systemctl is-active nginx')).toBe('active');
      });
    });
  },
);
