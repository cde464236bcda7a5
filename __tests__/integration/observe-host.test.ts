import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { run } from '../../src/core/process.ts';
import { renderRules } from '../../src/deploy-ssh-systemd/firewall/rules.ts';
import { observe } from '../../src/release/observe/observe.ts';
import { freePort, httpServer, type TestServer } from '../core/health/servers.ts';
import { onHost } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';
import { alertsIn, firing, Programs, query, type Ruled, said, traffic } from './observed.ts';

jest.setTimeout(60_000);

/** Milliseconds that looking for it may add. */
const slack = 1000;
const certificate = '/etc/ssl/hello.pem';

await describeWith(
  ['fresh:host161', 'go', 'package:prometheus', 'package:prometheus-alertmanager'],
  'what observe writes, in a real Prometheus and Alertmanager',
  lab => {
    const host = lab['fresh:host161'];
    const programs = new Programs();
    const told: { status: string; alerts: { labels: { alertname: string } }[] }[] = [];
    let folder: string;
    let binary: string;
    let hello: { port: number; child: ChildProcess };
    let url: string;
    let receiver: TestServer;
    let alerts: Map<string, Ruled>;

    const sh = (script: string) => onHost(host, 'sh', '-ec', script);
    const file = (...names: string[]) => join(folder, ...names);

    /** The service with a share of errors and a delay, from now on. */
    async function behave(errorRate: number, latency: string): Promise<void> {
      await writeFile(file('hello.json'), JSON.stringify({ error_rate: errorRate, latency }));
      hello.child.kill('SIGHUP');
    }
    const startHello = () =>
      programs.start(binary, [], {
        ...process.env,
        HELLO_CONFIG: file('hello.json'),
        HELLO_LISTEN: `127.0.0.1:${hello.port}`,
      });
    const issue = (days: number) =>
      sh(
        `openssl req -x509 -newkey rsa:2048 -nodes -days ${days} -subj /CN=hello -keyout /dev/null -out ${certificate} 2>/dev/null`,
      );
    const count = () => sh('systemctl start slipway-textfile.service');

    /** Each fires, or is gone, within the time that it states itself, counted from `began`. */
    async function within(names: readonly string[], fires: boolean, began: number): Promise<void> {
      const left = new Set(names);
      const late: string[] = [];
      while (left.size > 0) {
        const now = await firing(url);
        const elapsed = Date.now() - began;
        for (const name of left) {
          const stated = alerts.get(name)![fires ? 'fires' : 'clears'];
          if (now.has(name) === fires) left.delete(name);
          else if (elapsed > stated + slack) {
            late.push(`${name}: not ${fires ? 'firing' : 'gone'} after ${elapsed} ms, it states ${stated}`);
            left.delete(name);
          }
        }
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      expect(late).toEqual([]);
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'slipway-observe-'));
      const { install } = await labModule('host');
      await install(host.name, ['prometheus-node-exporter', 'nftables', 'openssl']);
      binary = (await buildHello(lab.go, folder, 'v1.0.0')).path;
      hello = { port: await freePort(), child: undefined as unknown as ChildProcess };
      const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
      url = `http://127.0.0.1:${prometheusPort}`;
      receiver = await httpServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        told.push(JSON.parse(body));
        response.end();
      });
      await writeFile(
        file('slipway.yml'),
        stringify({
          observe: {
            service: 'hello',
            targets: [`127.0.0.1:${hello.port}`],
            objectives: { latency: '100ms' },
            thresholds: { 'rejected-logins': 3, 'firewall-denied': 3 },
            exporters: { node: [`${host.address}:9100`], certificates: [certificate] },
            business: [
              {
                name: 'greetings-failing',
                counter: 'http_requests_total{code="500"}',
                of: 'http_requests_total',
                above: '20%',
              },
            ],
            timing: { scrape: '500ms', evaluate: '500ms', window: '4s', for: '1s' },
            burn: [{ long: '6s', short: '3s', factor: 14.4, severity: 'critical' }],
            alertmanagers: [`127.0.0.1:${alertmanagerPort}`],
            routes: [{ webhook: receiver.url }],
          },
          // a service that shows what Go's client library says of a process
          environments: {
            exporter: {
              observe: {
                service: 'exporter',
                directory: 'exporter',
                targets: [`${host.address}:9100`],
                limits: { cpu: 0.1 },
                exporters: {},
                business: [],
              },
            },
          },
        }),
      );
      await observe({ config: 'slipway.yml', directory: folder });
      await observe({ config: 'slipway.yml', environment: 'exporter', directory: folder });

      // on the host, as the script's first lines say
      const into = join(host.root, 'root');
      for (const name of ['slipway-textfile', 'slipway-textfile.service', 'slipway-textfile.timer'])
        await writeFile(join(into, name), await readFile(file('observe', name)));
      const openings = [{ port: 9100, protocol: 'tcp', from: [] }] as const;
      const wall = {
        service: 'hello',
        directory: '/opt/slipway/hello',
        openings,
        defaultDeny: true,
        sshPort: host.port,
      };
      await writeFile(join(into, 'firewall'), renderRules('nft', wall));
      await issue(365);
      await sh(`cd /root
        systemd-run --quiet --unit=node-exporter prometheus-node-exporter --collector.disable-defaults --collector.textfile \
          --collector.cpu --collector.meminfo --collector.vmstat --collector.filesystem
        nft -f /root/firewall
        ${(await readFile(file('observe', 'slipway-textfile'), 'utf8'))
          .match(/^# {3}.*$/gm)!
          .map(line => line.slice(1))
          .join('\n')}`);
      await count();

      // one Prometheus looks after both: what the second has is taken over into the first
      const own = parse(await readFile(file('observe', 'prometheus.yml'), 'utf8'));
      const other = parse(await readFile(file('exporter', 'prometheus.yml'), 'utf8'));
      own.scrape_configs.push(...other.scrape_configs);
      own.rule_files.push('../exporter/*.rules.yml');
      await writeFile(file('observe', 'prometheus.yml'), stringify(own));
      const slow = await readFile(file('observe', 'alertmanager.yml'), 'utf8');
      const quick = slow
        .replace('group_wait: 30s', 'group_wait: 0s')
        .replace('group_interval: 5m', 'group_interval: 1s');
      await writeFile(file('observe', 'alertmanager.yml'), quick);

      await writeFile(file('hello.json'), '{}');
      hello.child = startHello();
      programs.start('prometheus-alertmanager', [
        `--config.file=${file('observe', 'alertmanager.yml')}`,
        `--storage.path=${file('alertmanager')}`,
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
        '--cluster.listen-address=',
      ]);
      programs.start('prometheus', [
        `--config.file=${file('observe', 'prometheus.yml')}`,
        `--storage.tsdb.path=${file('data')}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
      ]);
      const levels = ['service', 'system', 'business', 'security'].map(level => file('observe', `${level}.rules.yml`));
      alerts = new Map(
        (await alertsIn([...levels, file('exporter', 'system.rules.yml')])).map(one => [one.alert, one]),
      );
    }, 300_000);

    afterAll(async () => {
      await programs.endAll();
      await receiver[Symbol.asyncDispose]();
      const { down } = await labModule('host');
      await down({ name: host.name, remove: true });
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    test('promtool and amtool take every file', async () => {
      const checked = await said('promtool', 'check', 'config', file('observe', 'prometheus.yml'));
      expect(checked).toContain('7 rule files found');
      expect(await said('amtool', 'check-config', file('observe', 'alertmanager.yml'))).toContain('SUCCESS');
    });

    test('all four levels fire, and clear, within the time that they state', async () => {
      const stops: (() => Promise<void>)[] = [traffic(`http://127.0.0.1:${hello.port}/`, 8)];
      try {
        const users = ['ErrorRateHigh', 'LatencyP99High', 'ErrorBudgetBurn6s', 'GreetingsFailing', 'ServiceCPUHigh'];
        const security = ['LoginsRejected', 'FirewallDenied', 'CertificateExpires', 'CertificateExpiresSoon'];
        await eventually(async () => {
          expect(await query(url, 'slipway:request_errors:ratio_rate4s > -1')).toHaveLength(1);
          expect(await query(url, 'count(up == 1) == 3')).toHaveLength(1);
          expect(await query(url, 'slipway_logins_rejected_total{job="hello-node"}')).toHaveLength(1);
          // how busy this machine is, is not the test's business
          const now = await firing(url);
          expect([...users, ...security, 'ServiceDown'].filter(name => now.has(name))).toEqual([]);
        });

        let began = Date.now();
        await behave(0.5, '200ms');
        const hammer = traffic(`http://${host.address}:9100/metrics`, 4);
        stops.push(hammer);
        await within(users, true, began);

        began = Date.now();
        await behave(0, '0s');
        await hammer();
        await within(users, false, began);

        began = Date.now();
        await issue(1);
        const strangers = Array.from({ length: 5 }, (_, index) =>
          run(
            [
              'ssh',
              '-p',
              String(host.port),
              '-oBatchMode=yes',
              '-oStrictHostKeyChecking=no',
              '-oUserKnownHostsFile=/dev/null',
              '-oIdentitiesOnly=yes',
              '-oIdentityFile=/dev/null',
              `stranger${index}@${host.address}`,
            ],
            { timeout: 20_000 },
          ).catch(() => undefined),
        );
        const knocks = Array.from({ length: 5 }, () =>
          fetch(`http://${host.address}:9999/`, { signal: AbortSignal.timeout(500) }).catch(() => undefined),
        );
        await Promise.all([...strangers, ...knocks]);
        await count();
        await within(security, true, began);
        began = Date.now();
        await issue(365);
        await count();
        await within(security, false, began);

        began = Date.now();
        await programs.end(hello.child);
        await within(['ServiceDown'], true, began);
        began = Date.now();
        hello.child = startHello();
        await within(['ServiceDown'], false, began);
      } finally {
        await Promise.all(stops.map(stop => stop()));
      }
    });

    test('Alertmanager told the webhook of each, and that it is over', async () => {
      const names = (status: string) =>
        new Set(
          told.filter(one => one.status === status).flatMap(one => one.alerts.map(({ labels }) => labels.alertname)),
        );
      const wanted = ['ErrorRateHigh', 'GreetingsFailing', 'LoginsRejected', 'CertificateExpiresSoon', 'ServiceDown'];
      await eventually(async () => {
        for (const status of ['firing', 'resolved']) expect([...names(status)]).toEqual(expect.arrayContaining(wanted));
      });
    });

    test('the series that rules and dashboard ask for are there, by these names', async () => {
      const dashboard = JSON.parse(await readFile(file('observe', 'dashboard.json'), 'utf8')) as {
        panels: { title: string; targets?: { expr: string }[] }[];
      };
      const exprs = dashboard.panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => [title, expr] as const),
      );
      expect(exprs.length).toBeGreaterThan(15);
      const empty = [];
      for (const [title, expr] of exprs) if ((await query(url, expr)).length === 0) empty.push(`${title}: ${expr}`);
      // the tree of a lab host is an overlay, the service has no process metrics: both are seen of others
      expect(empty.filter(one => !one.includes('process_'))).toEqual([]);
      for (const name of [
        'node_vmstat_oom_kill',
        'node_textfile_mtime_seconds{file=~".*slipway.prom"}',
        'process_resident_memory_bytes',
        'process_start_time_seconds',
      ])
        expect([name, (await query(url, name)).length > 0]).toEqual([name, true]);
    });

    test('the dashboard fits the types that Grafana publishes; a wrong field does not', async () => {
      const consumer = file('dashboard-consumer');
      const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
      await run([lab.go, 'build', '-o', consumer, '.'], {
        cwd: join(import.meta.dirname, 'dashboard-consumer'),
        env,
        timeout: 50_000,
      });
      const read = (text: string) => run([consumer], { input: text, timeout: 10_000 });
      const text = await readFile(file('observe', 'dashboard.json'), 'utf8');
      expect((await read(text)).stdout.trim()).toBe(String(JSON.parse(text).panels.length));
      await expect(read(text.replaceAll('"legendFormat"', '"legend"'))).rejects.toThrow("unexpected field 'legend'");
    });
  },
);
