import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { run } from '../../src/core/process.ts';
import { renderTimer } from '../../src/deploy-ssh-systemd/timer/timer-unit.ts';
import { renderUnit } from '../../src/deploy-ssh-systemd/unit-file.ts';
import { plainOptions } from '../deploy-ssh-systemd/unit-options.ts';
import { describeWith } from '../integration/lab.ts';
import { nasty } from '../integration/nasty.ts';

const assets = fileURLToPath(new URL('../../src/deploy-ssh-systemd/assets/', import.meta.url));
const directory = '/opt/slipway/hello';

/** The agent's own judgement of every file in $1, a line each; awk is $2. */
const script = `
cd "$0" && . ./base.sh && . ./unit-rules.sh; confined=yes; . ./confine.sh
set -f; tool=$2; awk() { command $tool "$@"; }
dir=${directory}; service=hello; runners=dynamic,worker
number=0
while [ -e "$1/$number" ]; do
  if unit_allowed "$1/$number" "$3"; then echo allowed; else printf '%s\\n' "$why" | tr '\\n' ' '; echo; fi
  number=$((number + 1))
done`;

const unit = (...lines: string[]) =>
  [
    '[Unit]',
    `X-Slipway=${directory}`,
    '[Service]',
    `ExecStart=${directory}/current/hello`,
    'DynamicUser=yes',
    ...lines,
    '',
  ].join('\n');

jest.setTimeout(60_000);

await describeWith(
  ['package:dash', 'package:busybox', 'package:mawk', 'package:gawk'],
  'what a unit may say to a confined agent',
  () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'slipway-units-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const judged = async (units: readonly string[], shell: string, awk: string, kind = 'service') => {
      await Promise.all(units.map((text, index) => writeFile(join(folder, String(index)), text)));
      const { stdout } = await run(['env', ...shell.split(' '), '-c', script, assets, folder, awk, kind], {
        timeout: 60_000,
      });
      return stdout.trimEnd().split('\n');
    };

    const tools = [
      ['dash', 'mawk'],
      ['bash', 'gawk'],
      ['busybox sh', 'busybox awk'],
    ] as const;

    const forbidden = [
      ...[
        'User=root',
        'User=0',
        'User=',
        'User=deploy',
        'User=%u',
        'Group=disk',
        'SupplementaryGroups=docker',
        'DynamicUser=no',
      ],
      ...[
        'ExecStartPre=/bin/sh',
        'ExecStartPost=/bin/sh',
        'ExecStop=+/bin/sh',
        'ExecCondition=/bin/true',
        'ExecReload=/bin/sh -c id',
      ],
      ...[
        'ExecStart=+/bin/sh',
        'ExecStart=!/bin/sh',
        `ExecStart=+${directory}/current/hello`,
        `ExecStart=@${directory}/current/hello x`,
      ],
      ...[
        `ExecStart=${directory}/current/hello2`,
        `ExecStart=${directory}/current/../../../../bin/sh`,
        `ExecStart=${directory}/current/hello ; +/bin/sh`,
      ],
      ...[`ExecStart=${directory}/current/hello ;`, `ExecStart="${directory}/current/hello"`, 'ExecStart='],
      ...[
        'LoadCredential=x:/etc/shadow',
        `LoadCredential=x:${directory}/current/../../x`,
        `LoadCredential=${directory}/current/x`,
        'SetCredential=x:y',
      ],
      ...[
        'EnvironmentFile=/etc/other/secret',
        'EnvironmentFile=-/root/x',
        `EnvironmentFile=${directory}/current/.../../x/../../y`,
      ],
      ...[
        'BindPaths=/root:/mnt',
        'BindReadOnlyPaths=/root',
        'RootDirectory=/',
        'RootImage=/x',
        'TemporaryFileSystem=/x',
        'MountImages=/a:/b',
      ],
      ...[
        'StandardOutput=file:/etc/passwd',
        'StandardError=append:/etc/shadow',
        'StandardInput=file:/etc/shadow',
        'TTYPath=/dev/tty1',
      ],
      ...[
        'AmbientCapabilities=CAP_SYS_ADMIN',
        'AmbientCapabilities=~CAP_KILL',
        'PAMName=login',
        'PermissionsStartOnly=yes',
        'PIDFile=/etc/passwd',
      ],
      ...[
        'StateDirectory=dpkg',
        'StateDirectory=hello/../dpkg',
        'StateDirectory=hello other',
        'ConfigurationDirectory=hello',
        'RuntimeDirectory=sshd',
      ],
      ...[
        '[Unit]\nOnFailure=poweroff.target',
        '[Unit]\nFailureAction=reboot',
        'SyslogIdentifier=sshd',
        'Slice=system.slice',
        'Delegate=yes',
        'Nice=-20',
      ],
      ...[
        'Type=forking',
        'Type=idle',
        'NetworkNamespacePath=/run/netns/x',
        'DeviceAllow=/dev/sda rw',
        'OOMScoreAdjust=-1000',
      ],
      ...[
        '[Install]\nAlias=sshd.service',
        '[Install]\nWantedBy=sysinit.target',
        '[Install]\nAlso=x.service',
        '[Unit]\nConflicts=ssh.service',
      ],
      ...[
        '[Unit]\nWants=x.service',
        '[Unit]\nWants=network-online.target poweroff.target',
        '[Unit]\nJoinsNamespaceOf=x.service',
        '[Unit]\nX-Slipway=/opt/other',
        '[Socket]\nListenStream=22',
        '[X-Mine]\nA=b',
      ],
      ...[
        ' User=root',
        'User =root',
        '\tUser=root',
        'Description=x\\\nUser=root',
        '# x\\\nUser=root',
        'Environment=A=b\rUser=root',
        'Environment=A=b\0User=root',
      ],
      ...['\u00a0User=root', '\ufeffUser=root', '.include /etc/x', 'include=/x', 'just text'],
    ];
    test.each(tools)('%s, %s: what would make it more than the service is refused', async (shell, awk) => {
      const answers = await judged(
        forbidden.map(line => unit(line)),
        shell,
        awk,
      );
      expect(forbidden.filter((_, index) => answers[index] === 'allowed')).toEqual([]);
      expect(answers).toHaveLength(forbidden.length);
      expect(answers[0]).toBe('line 6: User=root is not allowed ');
      const bare = unit().replace('DynamicUser=yes\n', '');
      expect((await judged([bare, `User=root\n${unit()}`], shell, awk))[0]).toContain('the service would be root');
    });

    const allowed = [
      ...[
        'User=worker',
        'MemoryMax=256M',
        'CPUQuota=150%',
        'TasksMax=512',
        'LimitNOFILE=65536:65536',
        'WatchdogSec=30s',
        'Restart=on-failure',
      ],
      ...[
        'RestartSec=1min 30s',
        `LoadCredential=token:${directory}/current/credentials/token`,
        'Environment="GOMEMLIMIT=230MiB" GOMAXPROCS=2',
      ],
      ...[
        'AmbientCapabilities=CAP_NET_BIND_SERVICE',
        'ReadWritePaths=/srv/data -/srv/more',
        'IPAddressAllow=10.0.0.0/8 ::1/128',
        'IPAddressDeny=any',
      ],
      ...[
        '[Unit]\nAfter=postgresql.service network-online.target',
        'RuntimeDirectory=hello',
        'StateDirectory=hello/cache',
        'ExecReload=/bin/kill -HUP $MAINPID',
      ],
      ...[
        'SystemCallFilter=~@privileged @resources',
        'RestrictAddressFamilies=AF_INET AF_UNIX',
        'ProtectSystem=full',
        'PrivateDevices=no',
        '; a comment',
      ],
    ];
    test.each(tools)('%s, %s: what a service needs is allowed', async (shell, awk) => {
      expect(
        await judged(
          allowed.map(line => unit(line)),
          shell,
          awk,
        ),
      ).toEqual(allowed.map(() => 'allowed'));
    });

    const options = fc.record({
      args: fc.array(nasty, { maxLength: 4 }),
      runAs: fc.constantFrom('dynamic', 'worker'),
      type: fc.constantFrom('exec' as const, 'notify' as const),
      listen: fc.constantFrom(undefined, { port: 80 }, { port: 8080, loopback: true }),
      credentials: fc.constantFrom([], ['token', 'a.b']),
      hasFiles: fc.boolean(),
      memoryMax: fc.constantFrom(undefined, 512_000_000),
      cpuQuota: fc.constantFrom(undefined, 150),
      tasksMax: fc.constantFrom(undefined, 100),
      limitNofile: fc.constantFrom(undefined, 4096),
      watchdog: fc.constantFrom(undefined, 30_000),
      logRateLimit: fc.constantFrom(undefined, { burst: 10_000, interval: 30_000 }),
      hardening: fc.constantFrom('default' as const, 'strict' as const, 'off' as const),
      restart: fc.constantFrom('always' as const, 'on-failure' as const, 'no' as const),
      restartMethod: fc.constantFrom('restart' as const, 'socket' as const, 'upgrade-signal' as const),
      pidFile: fc.constantFrom(undefined, '/run/hello/pid'),
      timer: fc.constantFrom(undefined, { timeout: undefined }, { timeout: 90_000 }),
    });
    test.each(tools)('%s, %s: every unit that we write is allowed, whatever the arguments are', async (shell, awk) => {
      const samples = fc.sample(options, { numRuns: 60, seed: 6 });
      const units = samples.map(one => renderUnit({ ...plainOptions, ...one }));
      const answers = await judged(units, shell, awk);
      expect(samples.filter((_, index) => answers[index] !== 'allowed')).toEqual([]);
    });

    test.each(tools)('%s, %s: a timer starts its own service only', async (shell, awk) => {
      const timer = { jitter: 90_000, missed: 'run', timeout: undefined, run: 'no' } as const;
      const ours = renderTimer('hello', directory, { ...timer, calendar: ['daily', 'Mon..Fri 03:30 Europe/Berlin'] });
      const lines = [
        'Unit=ssh.service',
        'OnBootSec=1',
        'WakeSystem=yes',
        '[Service]\nUser=root',
        '[Socket]\nBacklog=1',
      ];
      const more = lines.map(line => ours.replace('[Timer]\n', `[Timer]\n${line}\n`));
      const [first, ...others] = await judged([ours, ...more], shell, awk, 'timer');
      expect(first).toBe('allowed');
      expect(others.filter(answer => answer !== 'allowed')).toHaveLength(lines.length);
      expect(await judged([ours], shell, awk)).not.toEqual(['allowed']);
    });

    test('the table has no rule twice, and no form that does not exist', async () => {
      const rules = (await readFile(join(assets, 'unit-rules.sh'), 'utf8'))
        .split('\n')
        .filter(line => /^[A-Z]\w+ [A-Z]/.test(line));
      const names = rules.map(line => line.split(' ').slice(0, 2).join(' '));
      expect(new Set(names).size).toBe(names.length);
      const confine = await readFile(join(assets, 'confine.sh'), 'utf8');
      const forms = new Set(rules.flatMap(line => line.split(' ').slice(2)).filter(form => !form.startsWith('=')));
      expect([...forms].filter(form => !confine.includes(`name == "${form}"`))).toEqual([]);
    });
  },
);
