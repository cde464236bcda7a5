import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { type Deployed, deploy, onHost, reach } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { describeWith, labModule } from './lab.ts';

jest.setTimeout(60_000);

const source = fileURLToPath(new URL('log-writer', import.meta.url));
const rule = '/etc/logrotate.d/slipway-writer';
const drop = '/etc/rsyslog.d/30-slipway-writer.conf';
const warnings = '/var/log/writer-warnings.log';

/** Rotates so many times; each time the program has opened its file anew, as in the day between two rotations. */
const rotations = (times: number, config: string) => `set -e; cd /var/log/writer/
  for n in $(seq ${times}); do
    logrotate -f -s /tmp/rotated ${config}
    for try in $(seq 500); do [ ! -s app.log ] || break; sleep 0.01; done
  done`;
/** How many lines it wrote, and how many different ones are in its files. */
const counted = `cd /var/log/writer/; systemctl stop writer
  all() { { zcat -q app.log.*.gz; cat $(ls app.log*  | grep -v gz); } 2>/dev/null; }
  echo "$(all | sed -n 's/^end //p') $(all | grep -a '^line [0-9]* of a busy service$' | sort -u | wc -l)"`;

await describeWith(
  ['fresh:host79', 'go'],
  'deploy-ssh-systemd: files that a service writes, and what it says to syslog',
  lab => {
    const host = lab['fresh:host79'];
    let folder: string;
    let inputs: Record<string, string>;
    const onShell = (script: string) => onHost(host, 'sh', '-c', script);
    const rotate = { files: 'app.log', signal: 'SIGUSR1', keep: 100 };
    const syslog = { severity: 'warning', to: warnings };
    const ship = (logs: Record<string, unknown>, more: Record<string, string> = {}) =>
      deploy({ ...inputs, logs: JSON.stringify(logs), ...more });
    const states = (done: Deployed) => done.record?.deployments.map(one => one.state);
    const installed = () => onShell(`cat ${rule} ${drop} 2>/dev/null || :`);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'slipway-writer-'));
      const binary = join(folder, 'writer');
      const env = { ...process.env, CGO_ENABLED: '0' };
      await run([lab.go, 'build', '-o', binary, '.'], { cwd: source, timeout: 240_000, env });
      inputs = { ...(await reach(host)), service: 'writer', binary, 'min-healthy-time': '0s' };
    }, 300_000);
    afterAll(async () => {
      await rm(folder, { recursive: true });
      await (await labModule('host')).down({ name: host.name, remove: true });
    }, 60_000);

    test('a host without logrotate and rsyslog is refused, and nothing changed', async () => {
      const done = await ship({ rotate, syslog });
      expect(done.log).toMatch(/logrotate is not installed.*rsyslog is not installed.*LOGS_REFUSED/);
      expect(await onShell('ls -d /opt/slipway 2>/dev/null || :')).toBe('');
      await (await labModule('host')).install(host.name, ['logrotate', 'rsyslog']);
      await onShell('systemctl daemon-reload; systemctl enable --quiet --now rsyslog');
    });

    test('rsyslog gets what is grave enough, by the name of the service', async () => {
      const plan = await ship({ rotate, syslog }, { mode: 'plan' });
      expect(plan.log).toMatch(/system\/logrotate \+ *nocopytruncate/);
      expect(plan.log).toMatch(/system\/rsyslog \+if \$programname == "writer" and \$syslogseverity <= 4 then/);
      const done = await ship({ rotate, syslog });
      expect([states(done), done.log]).toEqual([['healthy'], expect.not.stringContaining('::error')]);
      await eventually(async () => expect(await onShell(`cat ${warnings}`)).toMatch(/ writer\[\d+\]: warns at \d+/));
      expect(await onShell(`grep -c informs ${warnings} || :`)).toBe('0');
    });

    test('again: nothing is changed', async () => {
      const pid = await onShell('systemctl show -p MainPID --value rsyslog');
      const done = await ship({ rotate, syslog });
      expect([states(done), done.outputs['changed']]).toEqual([['unchanged'], 'false']);
      expect(await onShell('systemctl show -p MainPID --value rsyslog')).toBe(pid);
    });

    test('status names both', async () => {
      const { log } = await deploy({ ...inputs, mode: 'status' });
      expect(log).toMatch(/ {2}logs: \/var\/log\/writer\/\S+.* rotated by logrotate/);
      expect(log).toContain(`  logs: to ${warnings} by rsyslog`);
    });

    test('60 rotations under load lose no line; copytruncate does', async () => {
      await onShell(rotations(60, rule));
      const [written = 0, found] = (await onShell(counted)).split(' ').map(Number);
      expect(written).toBeGreaterThan(2000);
      expect(found).toBe(written);

      // the same rule as many have it
      await onShell(`rm -f /var/log/writer/* /tmp/rotated; systemctl start writer
        sed -e 's/nocopytruncate/copytruncate/' -e '/nocopy$/d' -e '/postrotate/,/endscript/d' ${rule} >/tmp/truncating`);
      await onShell(rotations(60, '/tmp/truncating'));
      const [all = 0, kept = 0] = (await onShell(counted)).split(' ').map(Number);
      expect(all).toBeGreaterThan(2000);
      expect(kept).toBeLessThan(all);
      await onShell('systemctl start writer');
    });

    test.each([
      [
        'logrotate',
        '/etc/logrotate.d/theirs',
        '/var/log/writer/app.log {\n  daily\n}',
        /duplicate log entry.*app\.log/,
      ],
      [
        'rsyslog',
        '/etc/rsyslog.d/theirs.conf',
        'if $msg contains then stop',
        /rsyslog does not take the rule.*theirs\.conf/,
      ],
    ])('what %s does not take is refused, and the former rules stay', async (_, path, text, message) => {
      const before = await installed();
      await onShell(`printf '%s\n' '${text}' >${path}`);
      const done = await ship({ rotate: { ...rotate, keep: 7 }, syslog: { ...syslog, severity: 'err' } });
      expect(done.log).toMatch(message);
      expect(done.log).toMatch(/Nothing was changed.*|LOGS_REFUSED/);
      expect([done.code, await installed()]).toEqual([1, before]);
      expect(await onShell('systemctl is-active writer rsyslog')).toBe('active\nactive');
      await onShell(`rm ${path}`);
    });

    test('so is what comes to be wrong on the way: the release before serves, with its rules', async () => {
      const before = await installed();
      const theirs = `sudo sh -c 'printf "/var/log/writer/app.log {\\n daily\\n}\\n" >/etc/logrotate.d/theirs'`;
      const done = await ship(
        { rotate: { ...rotate, keep: 7 }, syslog: { ...syslog, severity: 'err' } },
        { hooks: JSON.stringify({ 'before-deploy': theirs }) },
      );
      expect(states(done)).toEqual(['rolled-back']);
      expect(done.log).toMatch(/duplicate log entry/);
      expect(await installed()).toBe(before);
      expect(await onShell('systemctl is-active writer rsyslog; rm /etc/logrotate.d/theirs')).toBe('active\nactive');
    });

    test('the rules of a release come and go with it', async () => {
      const first = await installed();
      expect(states(await ship({ rotate: { ...rotate, keep: 7 } }))).toEqual(['healthy']);
      expect(await installed()).toMatch(/rotate 7\n/);
      expect(await onShell(`ls ${drop} 2>/dev/null || :`)).toBe('');
      expect(states(await deploy({ ...inputs, mode: 'rollback' }))).toEqual(['healthy']);
      expect(await installed()).toBe(first);
      expect((await deploy({ ...inputs, mode: 'remove' })).outputs['state']).toBe('removed');
      expect(await installed()).toBe('');
      expect(await onShell('systemctl is-active rsyslog')).toBe('active');
    });
  },
);
