import { describe, expect, test } from '@jest/globals';
import { logs } from '../../src/deploy-ssh-systemd/logs/logs.ts';
import { logsMustAgree } from '../../src/deploy-ssh-systemd/logs/must-agree.ts';
import { renderLogrotate, renderRsyslog } from '../../src/deploy-ssh-systemd/logs/render-logs.ts';
import { renderUnit } from '../../src/deploy-ssh-systemd/unit-file.ts';
import { plainOptions } from './unit-options.ts';

describe('logs', () => {
  test('defaults', () => {
    expect(logs.parse('{rotate: {files: app.log, signal: SIGUSR1}, syslog: {to: /var/log/hello.log}}')).toEqual({
      rotate: { files: ['app.log'], every: 'daily', maxSize: undefined, keep: 14, compress: true, signal: 'SIGUSR1' },
      syslog: { severity: 'warning', to: { file: '/var/log/hello.log' } },
    });
  });

  test.each([
    ['tcp://logs.example.com:514', { protocol: 'tcp', host: 'logs.example.com', port: 514 }],
    ['udp://[2001:db8::1]:514', { protocol: 'udp', host: '2001:db8::1', port: 514 }],
  ])('%s', (to, expected) => {
    expect(logs.parse(JSON.stringify({ syslog: { severity: 'err', to } })).syslog?.to).toEqual(expected);
  });

  test.each([
    ['nothing', {}],
    ['copytruncate', { rotate: { files: 'app.log', copytruncate: true } }],
    ['no signal', { rotate: { files: 'app.log' } }],
    ['a signal that ends it', { rotate: { files: 'app.log', signal: 'SIGKILL' } }],
    ['a file elsewhere', { rotate: { files: '../other/app.log', signal: 'SIGHUP' } }],
    ['one in a folder that the service may exchange', { rotate: { files: 'a/app.log', signal: 'SIGHUP' } }],
    ['a glob of what was rotated', { rotate: { files: 'app.*', signal: 'SIGHUP' } }],
    ['a brace', { rotate: { files: 'app.log {', signal: 'SIGHUP' } }],
    ['a file outside of /var/log', { syslog: { to: '/etc/passwd' } }],
    ['a quote', { syslog: { to: '/var/log/x")' } }],
    ['no severity', { syslog: { severity: 'loud', to: '/var/log/x' } }],
  ])('%s is refused', (_, given) => {
    expect(() => logs.parse(JSON.stringify(given))).toThrow();
  });

  test.each(['/var/log/hello', '/var/log/hello/app.log', '/var/log/auth.log', '/var/log/hellos.log'])(
    'rsyslog does not write %s for hello',
    file => {
      const given = { rotate: undefined, syslog: { severity: 'err', to: { file } } } as const;
      expect(() => logsMustAgree({ service: 'hello', logs: given })).toThrow(
        expect.objectContaining({ code: 'INPUT_INVALID' }),
      );
    },
  );
});

const all = logs.parse(
  '{rotate: {files: [app.log, "access-*.log"], signal: SIGUSR1, max-size: 100MiB}, syslog: {severity: err, to: /var/log/hello-errors.log}}',
);

test('the rules', () => {
  expect(renderLogrotate('hello', all)).toMatchSnapshot();
  expect(renderRsyslog('hello', all)).toMatchSnapshot();
  const away = logs.parse('{syslog: {to: "tcp://logs.example.com:514"}}');
  expect(renderRsyslog('hello', away)).toMatchSnapshot();
  expect(renderLogrotate('hello', away)).toBe('');
});

test('the service has a folder for its files', () => {
  expect(renderUnit({ ...plainOptions, logs: all })).toContain('\nLogsDirectory=hello\n');
  expect(renderUnit(plainOptions)).not.toContain('LogsDirectory');
});
