import { define } from '../core/definition.ts';
import { choice, duration, int, text } from '../core/values.ts';
import { args, environment, healthChecks, hosts, listen, runAs, serviceDirectory, serviceName } from './values.ts';

export const definition = define({
  name: 'deploy-ssh-systemd',
  title: 'Slipway: deploy to systemd hosts over SSH',
  description:
    'Releases a binary to Linux hosts as a hardened systemd service, with a health gate, and takes it back by itself when it fails, also when the runner dies.',
  icon: 'server',
  color: 'blue',
  inputs: {
    mode: {
      description:
        '`plan` shows what would be done and changes nothing; `rollback` goes back to the release before; `status` says what serves.',
      value: choice('plan', 'deploy', 'rollback', 'status'),
      default: 'deploy',
    },
    hosts: {
      description: 'The hosts, `user@host:port`, one a line; port 22 where none is written.',
      value: hosts,
      required: true,
    },
    'private-key': {
      description: 'SSH private key (OpenSSH, PEM, PKCS#8); line ends that a secret store lost are repaired.',
      value: text,
      secret: true,
      required: true,
    },
    passphrase: { description: 'Passphrase of `private-key`.', value: text, secret: true },
    'known-hosts': {
      description:
        'Lines of a known_hosts file. This or `host-fingerprints` is required: no host key is accepted unseen.',
      value: text,
    },
    'host-fingerprints': {
      description: 'SHA256 fingerprints of the hosts’ keys, one a line, as `ssh-keygen -l` prints them.',
      value: text,
    },
    become: {
      description: '`sudo-shell` runs the agent by `sudo -n`; `none` when the user is root.',
      value: choice('sudo-shell', 'none'),
      default: 'sudo-shell',
    },
    service: {
      description: 'Name of the systemd service. Default: the name in the release record.',
      value: serviceName,
    },
    binary: {
      description:
        'Path of the binary, or the package of one in the record. Default: the record’s binary for the host’s `uname -m`.',
      value: text,
    },
    args: { description: 'Arguments of the program: one a line, or a JSON array.', value: args, default: '' },
    environment: {
      description: 'Environment variables, NAME=value, one a line; readable by root only.',
      value: environment,
      default: '',
    },
    type: {
      description: '`notify` when the program tells systemd that it is ready (sd_notify), else `exec`.',
      value: choice('exec', 'notify'),
      default: 'exec',
    },
    'run-as': {
      description:
        'User of the service: `dynamic` (a user of its own, made by systemd) or one that exists on the host.',
      value: runAs,
      default: 'dynamic',
    },
    'service-directory': {
      description: 'Where the releases lie on the host. Default: /opt/slipway/SERVICE.',
      value: serviceDirectory,
    },
    listen: {
      description:
        'Port or address that the program listens on: must be free or ours before the switch, is allowed below 1024, and must accept connections when there are no `health-checks`.',
      value: listen,
    },
    'health-checks': {
      description:
        'What must hold before the release counts: probed from the host itself, e.g. `http://127.0.0.1:8080/healthz 200 within 300ms`.',
      value: healthChecks,
      default: '',
    },
    'min-healthy-time': {
      description: 'How long the new release must stay healthy, without a restart, before it counts.',
      value: duration,
      default: '5s',
    },
    'healthy-deadline': {
      description:
        'When the release must count, from the switch on, `min-healthy-time` included; later the host takes it back by itself.',
      value: duration,
      default: '1m',
    },
    'keep-releases': {
      description: 'Releases to keep on the host, the present one included.',
      value: int(2, 100),
      default: '5',
    },
    'lock-wait': {
      description: 'How long to wait for another deployment of the same service.',
      value: duration,
      default: '5m',
    },
  },
  outputs: {
    release: 'Path of the release record.',
    state:
      'The worst state of all hosts: `healthy`, `unchanged`, `rolled-back` or `failed`; with `mode: plan`, `planned`.',
    previous: 'Id of the release before, when it is the same on all hosts; else one `HOST ID` a line.',
    changed: '`true` when something on a host was changed.',
  },
});
