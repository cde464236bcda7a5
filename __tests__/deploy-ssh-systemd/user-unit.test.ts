import { expect, test } from '@jest/globals';
import { renderUnit } from '../../src/deploy-ssh-systemd/unit-file.ts';
import { userUnit } from '../../src/deploy-ssh-systemd/user-unit.ts';
import { plainOptions } from './unit-options.ts';

test('a user’s unit has what a user’s systemd can do, and nothing else', () => {
  const rendered = renderUnit({ ...plainOptions, directory: '/home/x/slipway/hello', args: ['User=root'] });
  const { unit, left } = userUnit(rendered);
  expect(unit.split('\n').filter(line => /^[A-Z]\w+=/.test(line))).toEqual([
    'Description=hello',
    'StartLimitIntervalSec=0',
    'Type=exec',
    'ExecStart=/home/x/slipway/hello/current/hello User=root',
    'EnvironmentFile=/home/x/slipway/hello/current/environment',
    'Restart=always',
    'StateDirectory=hello',
    'RestartSec=1s',
    'TimeoutStopSec=30s',
    'KillMode=mixed',
    'UMask=0077',
    'NoNewPrivileges=yes',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'MemoryDenyWriteExecute=yes',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    'SystemCallErrorNumber=EPERM',
    'WantedBy=default.target',
  ]);
  expect(left).toEqual(expect.arrayContaining(['DynamicUser', 'ProtectSystem', 'CapabilityBoundingSet', 'PrivateTmp']));
});
