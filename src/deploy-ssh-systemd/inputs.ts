import { define } from '../core/definition.ts';
import { choice, duration, int, text } from '../core/values.ts';
import { backupInputs } from './backup/inputs.ts';
import { blueGreenInputs } from './blue-green/inputs.ts';
import { firewallInputs } from './firewall/inputs.ts';
import { hooks } from './hook-values.ts';
import { healthInputs } from './inputs/health.ts';
import { hostInputs } from './inputs/hosts.ts';
import { programInputs } from './inputs/program.ts';
import { rolloutInputs } from './inputs/rollout.ts';
import { unitInputs } from './inputs/unit.ts';
import { logsInputs } from './logs/logs.ts';
import { proxyInputs } from './proxy/inputs.ts';
import { smokeInputs } from './smoke/inputs.ts';

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
        '`plan` shows what would be done and changes nothing; `rollback` goes back to a release that is on the hosts; `status` says what serves; `restart` restarts it, with the health gate; `converge` brings hosts that do not serve the recorded release to it, without a build; `doctor` looks at what the production checklist is about, for `slipway doctor`; `remove` takes the service and its releases away; `bootstrap` prepares hosts once, as root, for `become: agent`.',
      value: choice('plan', 'deploy', 'rollback', 'status', 'restart', 'remove', 'converge', 'bootstrap', 'doctor'),
      default: 'deploy',
    },
    to: {
      description: 'Where `mode: rollback` goes: `previous`, a version, or the id of a release.',
      value: text,
      default: 'previous',
    },
    ...hostInputs,
    ...programInputs,
    ...unitInputs,
    ...healthInputs,
    ...smokeInputs,
    ...rolloutInputs,
    ...blueGreenInputs,
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
    status:
      'With `mode: status`, what serves on each host, and what stands around it (nginx and its certificate, firewall, logs, backups, share), a line each.',
    checkup: 'With `mode: doctor`, what was seen on each host, as JSON.',
    changed: '`true` when something on a host was changed.',
  },
});
