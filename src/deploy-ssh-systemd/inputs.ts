import { signerInputs } from '../core/attestation/inputs.ts';
import { define } from '../core/definition.ts';
import { sshInputs } from '../core/ssh/inputs.ts';
import { bool, choice, duration, int, size, text } from '../core/values.ts';
import { backupInputs } from './backup/inputs.ts';
import { containerInputs } from './container/inputs.ts';
import { fileRules } from './extra-files.ts';
import { firewallInputs } from './firewall/inputs.ts';
import { hooks } from './hook-values.ts';
import { hosts } from './hosts.ts';
import { loadBalancer } from './load-balancer.ts';
import { logsInputs } from './logs/logs.ts';
import { nfsRoot } from './nfs/layout.ts';
import { proxyInputs } from './proxy/inputs.ts';
import { requirements } from './requirements.ts';
import { roleKeys, roles } from './role-settings.ts';
import { credentials } from './secrets.ts';
import { limit } from './selector.ts';
import { timerInputs } from './timer/timer.ts';
import { cpuQuota, logRateLimit, overrides, units } from './unit-values.ts';
import {
  agentUser,
  args,
  become,
  environment,
  healthChecks,
  layout,
  listen,
  oneLine,
  pidFile,
  runAs,
  serviceDirectory,
  serviceName,
  share,
} from './values.ts';

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
        '`plan` shows what would be done and changes nothing; `rollback` goes back to a release that is on the hosts; `status` says what serves; `restart` restarts it, with the health gate; `converge` brings hosts that do not serve the recorded release to it, without a build; `remove` takes the service and its releases away; `bootstrap` prepares hosts once, as root, for `become: agent`.',
      value: choice('plan', 'deploy', 'rollback', 'status', 'restart', 'remove', 'converge', 'bootstrap'),
      default: 'deploy',
    },
    to: {
      description: 'Where `mode: rollback` goes: `previous`, a version, or the id of a release.',
      value: text,
      default: 'previous',
    },
    hosts: {
      description:
        'The hosts, `user@host:port`, one a line; port 22 where none is written. Or a YAML list of maps: `host`, `user`, `port`, `fingerprints`, `jump-hosts`, `roles`, `labels`, `become`, `layout`, `service-directory`. One with the role `lb` is a load balancer of the others, and not deployed to.',
      value: hosts,
      required: true,
    },
    limit: {
      description:
        'Only these hosts: names, `role=NAME`, `LABEL=VALUE`, separated by commas or line ends. Of one kind any fits, of several kinds all must.',
      value: limit,
      default: '',
    },
    roles: {
      description: `What hosts of a role have instead of the input of the same name, \`ROLE: {NAME: value}\`: ${roleKeys.map(key => `\`${key}\``).join(', ')}. \`environment\` is added; \`listen: none\`, \`load-balancer: none\` and \`proxy: none\` are without.`,
      value: roles,
      default: '{}',
    },
    ...sshInputs,
    'connect-timeout': {
      description:
        'How long to try to reach a host and its jump hosts: what is refused, reset or timed out is tried again until then; a wrong key is not.',
      value: duration,
      default: '30s',
    },
    become: {
      description:
        '`agent` is root for this service only, by `mode: bootstrap`; `sudo-shell` is a full root shell; `none` is for root. `auto`: `none` for root, `agent` where the host has it, else `sudo-shell`, with a warning.',
      value: become,
      default: 'auto',
    },
    'become-password': {
      description: 'Password for sudo, where `sudo-shell` or `bootstrap` needs one.',
      value: oneLine,
      secret: true,
    },
    'agent-user': {
      description: 'Whom `bootstrap` allows to run the agent. Default: the user who connects.',
      value: agentUser,
    },
    layout: {
      description:
        '`dsm` for a Synology NAS: a script in /usr/local/etc/rc.d and a watchdog in place of a unit, releases on /volume1, `run-as` a user of the NAS. `nfs`: several hosts have their releases from one share, `nfs-root`; the large files are uploaded once for all of them. May be given for single hosts and roles, too.',
      value: layout,
      default: 'systemd',
    },
    'nfs-root': {
      description:
        'Where the hosts have mounted the share, with `layout: nfs`. In its folder SERVICE lie `releases`, `shared/conf` and `logs/HOST`.',
      value: nfsRoot,
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
    'require-attestation': {
      description:
        'Public key in PEM, or its path, or `keyless`: a binary without a Sigstore bundle of this key, or of the identity that the next inputs name, beside it (`*.sigstore.json`, by `cosign attest-blob`, `sign-blob` or `gh attestation download`) is refused.',
      value: text,
    },
    ...signerInputs,
    ...containerInputs,
    args: { description: 'Arguments of the program: one a line, or a JSON array.', value: args, default: '' },
    environment: {
      description: 'Environment variables, NAME=value, one a line; readable by root only.',
      value: environment,
      default: '',
    },
    'secret-environment': {
      description:
        'The same for secrets: masked in logs, names only in plan and record. A changed value alone makes a new release.',
      value: environment,
      default: '',
      secret: true,
    },
    credentials: {
      description:
        'Secrets as files, NAME=value, one a line, or a JSON object where a value has several lines: the program reads `$CREDENTIALS_DIRECTORY/NAME` (LoadCredential=). With a systemd older than 247 they are environment variables.',
      value: credentials,
      default: '',
      secret: true,
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
    'create-user': {
      description: 'Make the user of `run-as`, as a system user without login, on hosts that do not have it.',
      value: bool,
      default: 'false',
    },
    restart: {
      description: 'When systemd starts the service again after it has ended.',
      value: choice('always', 'on-failure', 'no'),
      default: 'always',
    },
    after: {
      description:
        'Units that the service is started after, such as postgresql.service; whether they are started is up to them.',
      value: units,
      default: '',
    },
    ...timerInputs,
    'memory-max': {
      description:
        'Memory that the service may use, such as 512MiB; more ends it. Sets GOMEMLIMIT to nine tenths of it unless `environment` does.',
      value: size,
    },
    'cpu-quota': {
      description:
        'Processor time that the service may use, in percent of one core: 150% is one and a half. Sets GOMAXPROCS, rounded up, unless `environment` does.',
      value: cpuQuota,
    },
    'tasks-max': { description: 'Threads and processes of the service at most.', value: int(1, 4_194_303) },
    'limit-nofile': { description: 'Files and sockets that it may have open.', value: int(16, 1_073_741_816) },
    watchdog: {
      description: 'Restart the service when it does not say within this time that it is alive (sd_notify WATCHDOG=1).',
      value: duration,
    },
    'log-rate-limit': {
      description:
        'Lines of log that the journal takes from the service in a time, such as 10000/30s, or `off`. Default: the host’s.',
      value: logRateLimit,
    },
    hardening: {
      description:
        'The sandbox. `default` scores 1.4 or better in `systemd-analyze security`; `strict` adds a user namespace and, when `listen` is a loopback address, no traffic with other machines; `off` leaves it out.',
      value: choice('default', 'strict', 'off'),
      default: 'default',
    },
    'unit-overrides': {
      description:
        'Directives of the unit’s sandbox and limits, Directive=value, one a line, in place of the generated ones; an empty value leaves one out.',
      value: overrides,
      default: '',
    },
    'drop-in': {
      description:
        'Lines of your own for the unit, as a drop-in file has them (`[Service]`, then `Directive=value`), or the path of such a file. Part of the release: it is verified, switched and taken back with it.',
      value: text,
    },
    files: {
      description:
        'More files of the release, `SRC:DEST[:MODE]`, one a line. SRC is a file, folder or glob; DEST lies below the folder that the program starts in, with `/` at its end sources go into it.',
      value: fileRules,
      default: '',
    },
    requires: {
      description:
        'What a host must have, one a line: `memory >= 512M`, `disk >= 1G` (free), `cores >= 2`, `kernel >= 5.10`, `systemd >= 247`.',
      value: requirements,
      default: '',
    },
    'service-directory': {
      description:
        'Where the releases lie on the host. Default: /opt/slipway/SERVICE; /volume1/slipway/SERVICE with `layout: dsm`; ~/.local/share/slipway/SERVICE where `become: none` makes it a service of the user’s own.',
      value: serviceDirectory,
    },
    listen: {
      description:
        'Port or address that the program listens on: must be free or ours before the switch, is allowed below 1024, and must accept connections when there are no `health-checks`.',
      value: listen,
    },
    'health-checks': {
      description:
        'What must hold before the release counts: probed from the host itself, e.g. `http://127.0.0.1:8080/healthz 200 within 300ms`. One a line, or YAML: HTTP, TCP, TLS and gRPC, written as in verify-health.',
      value: healthChecks,
      default: '',
    },
    'restart-method': {
      description:
        '`socket`: systemd listens on `listen` and passes the socket on (sd_listen_fds), so that no request is lost while the service is restarted; `upgrade-signal`: a program that hands its listener to a child gets `upgrade-signal`, when nothing but binary and files has changed, and is followed to its new main process.',
      value: choice('restart', 'socket', 'upgrade-signal'),
      default: 'restart',
    },
    'upgrade-signal': {
      description: 'The signal for `restart-method: upgrade-signal`.',
      value: choice('SIGUSR2', 'SIGHUP'),
      default: 'SIGUSR2',
    },
    'pid-file': {
      description:
        'Where the program writes its process id, below /run/SERVICE; for `upgrade-signal`, when it does not tell systemd by MAINPID= (`type: notify`).',
      value: pidFile,
    },
    'reload-signal': {
      description:
        'Sent instead of a restart, when nothing but files of the release has changed, for a program that reads them again. Default: it is restarted.',
      value: choice('SIGHUP', 'SIGUSR2'),
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
    strategy: {
      description:
        '`all` hosts at once; `rolling`, batch by batch; `canary`, one host first, for `soak-time`, then the rest.',
      value: choice('all', 'rolling', 'canary'),
      default: 'all',
    },
    batch: {
      description:
        'Hosts at once, a number or a share such as 25%. Default: 1 with `rolling`; with `canary`, all that are left.',
      value: share,
    },
    'max-unavailable': {
      description:
        'Hosts, a number or a share, that may be without a serving release at once, those included that did not serve before. When it is given, so many unreachable hosts are passed over and reported; else one is enough to begin nothing.',
      value: share,
    },
    'soak-time': {
      description: 'How long a canary must stay healthy beyond `min-healthy-time`, before it counts.',
      value: duration,
      default: '1m',
    },
    'on-failure': {
      description:
        'A host that fails goes back by itself, and no more are begun. `stop` leaves the others as they are; `rollback-batch` and `rollback-all` also bring those back that were changed with it, or in the whole run.',
      value: choice('stop', 'rollback-batch', 'rollback-all'),
      default: 'stop',
    },
    'load-balancer': {
      description:
        'Takes each host out before it is changed, and waits for what is under way there. `{nginx: FILE, hosts: lb@…, server: "{host}:8080"}` marks the server `down` in the file of an upstream; `{haproxy: SOCKET, hosts, server: "BACKEND/{host}"}` uses the runtime socket; `{drain: COMMAND, restore: COMMAND, on: runner | host}` runs yours. `wait`, 30s, for requests to end. `hosts` may be left out where hosts have the role `lb`.',
      value: loadBalancer,
    },
    ...proxyInputs,
    ...logsInputs,
    ...firewallInputs,
    ...backupInputs,
    hooks: {
      description:
        '`before-deploy` (the release is there, nothing is switched; its failure leaves all as it is), `after-switch` (healthy, not yet confirmed; its failure takes it back), `on-rollback`, `after-deploy`: each a command for `sh`, or `{run, on: first | each | runner | role=NAME | LABEL=VALUE, timeout}`, or a list of them. On a host they run as the user of the connection.',
      value: hooks,
      default: '{}',
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
      'The worst state of all hosts: `healthy`, `unchanged`, `removed`, `not-begun`, `rolled-back`, `unreachable` or `failed`; with `mode: plan`, `planned`; with `mode: bootstrap`, `bootstrapped`.',
    previous: 'Id of the release before, when it is the same on all hosts; else one `HOST ID` a line.',
    changed: '`true` when something on a host was changed.',
  },
});
