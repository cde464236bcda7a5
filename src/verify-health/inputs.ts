import { define } from '../core/definition.ts';
import { bool, choice, duration, int, lines, text } from '../core/values.ts';
import { checks } from './checks-value.ts';

export const definition = define({
  name: 'verify-health',
  title: 'Slipway: verify health',
  description:
    'Proves that what runs is what was built, and that it is healthy; closes the release record with the verdict.',
  icon: 'check-circle',
  color: 'green',
  inputs: {
    checks: {
      description:
        'One a line: `https://host/healthz 200 within 300ms` or `tcp host:port`; or a YAML list of maps with `url` (`method`, `headers`, `body`, `status`, `contains`, `json`, `redirects`, `insecure`) or `tcp`, and `name`, `within`.',
      value: checks,
      default: '',
    },
    mode: {
      description:
        '`verify`: checks and identity, with a verdict in the record; what waiting does not mend (a 401, a wrong certificate) fails at once. `wait`: only waits until the checks pass, through every failure; the record is left as it is.',
      value: choice('verify', 'wait'),
      default: 'verify',
    },
    deadline: { description: 'Time for everything, `hold` included.', value: duration, default: '2m' },
    period: {
      description: 'Time from one attempt to the next. Left empty: 50ms in the first 10 s, then 250ms.',
      value: duration,
    },
    'attempt-timeout': { description: 'Time for one attempt, redirects included.', value: duration, default: '5s' },
    successes: {
      description: 'Successes in a row that a check needs; one failure begins the count anew.',
      value: int(1, 100),
      default: '3',
    },
    hold: {
      description:
        'Time that everything must then stay healthy without one failure, the same process running; processes are watched for at least 1 s.',
      value: duration,
      default: '0s',
    },
    identity: {
      description:
        '`proven`: the bytes of the running process, or the imageID of every pod, are those of the record. `reported`: what the endpoint says of itself (input `reported`). `none`: not asked for; the verdict on a deployed release is then inconclusive, but the step does not fail for that. Left empty: `proven` when the record has deployments, else `reported` when that input is set, else `none`.',
      value: choice('proven', 'reported', 'none'),
    },
    reported: {
      description:
        'Where the service tells its version, one a line: `URL [JSON-PATH]`. With a path, the value there is the version or the commit; without, the answer is JSON with `version` or `revision`, or Go’s build information as text.',
      value: lines,
      default: '',
    },
    'forbid-private': {
      description:
        'Refuses to connect to loopback, private, link-local and reserved addresses, whatever name or redirect leads there.',
      value: bool,
      default: 'false',
    },
    'private-key': {
      description: 'SSH key for the hosts of the record (OpenSSH or PEM); needed to prove a process there.',
      value: text,
      secret: true,
    },
    passphrase: { description: 'Passphrase of `private-key`.', value: text, secret: true },
    'known-hosts': { description: 'Lines of a known_hosts file for these hosts.', value: text },
    'host-fingerprints': {
      description: 'Instead of known-hosts: SHA256 fingerprints of the hosts’ keys, one a line.',
      value: text,
    },
    become: {
      description:
        'How the process of another user is looked at: `sudo-shell` (`sudo -n sh`) or `none` (as the SSH user).',
      value: choice('sudo-shell', 'none'),
      default: 'sudo-shell',
    },
    kubeconfig: {
      description: 'Text of a kubeconfig for the clusters of the record; default: the files that KUBECONFIG names.',
      value: text,
      secret: true,
    },
    context: { description: 'Context of the kubeconfig; default: the one that the record names.', value: text },
    junit: { description: 'Path of a JUnit XML file to write.', value: text },
  },
  outputs: {
    verdict:
      '`verified`, `failed` or `inconclusive`; the step fails unless it is `verified` (or inconclusive only because of `identity: none`).',
    report: 'Path of a JSON file with every check, its attempts, phases and reasons.',
    release: 'Path of the release record, closed with the verification.',
  },
});
