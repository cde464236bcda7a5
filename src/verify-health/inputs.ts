import { signerInputs } from '../core/attestation/inputs.ts';
import { define } from '../core/definition.ts';
import { insecure } from '../core/registry/insecure.ts';
import { sshInputs } from '../core/ssh/inputs.ts';
import { bool, choice, duration, int, lines, text } from '../core/values.ts';
import { checks } from './checks-value.ts';
import { objectives } from './objectives/objective.ts';
import { share } from './share.ts';

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
        'One a line, such as `https://host/healthz 200 within 300ms` or `tcp host:port`, or a YAML list of them: `url`, `tcp`, `tls`, `grpc`, `dns`, `unit`, `workload`, `container`, `prometheus`, `image`, `command`, each with its keys and a policy of its own. See “Checks” below.',
      value: checks,
      default: '',
    },
    mode: {
      description:
        '`verify`: checks and identity, with a verdict in the record; what waiting does not mend (a 401, a wrong certificate) fails at once. `wait`: only waits until the checks pass, through every failure; the record is left as it is. `watch`: keeps looking for `watch-for` and judges by `availability`; the record is closed. `audit`: looks at any later time whether what the record says still runs (drift, rollback, a foreign binary); the record is left as it is.',
      value: choice('verify', 'wait', 'watch', 'audit'),
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
    'watch-for': { description: 'How long `mode: watch` looks.', value: duration, default: '5m' },
    availability: {
      description: 'Share of the time in which each check must be good in `mode: watch`, such as 99.9%.',
      value: share,
      default: '100%',
    },
    objectives: {
      description:
        'What users saw, asked of Prometheus; a YAML list with `prometheus`, `errors` and `total` (queries with `$window`), and `target` (99.9%, with `burn` and `budget`) or `compare` (10m: error rate after the release against before).',
      value: objectives,
      default: '',
    },
    identity: {
      description:
        '`proven`: the bytes of the running process, or the imageID of every pod, are those of the record. `reported`: what the endpoint says of itself (input `reported`). `none`: not asked for; the verdict on a deployed release is then inconclusive, but the step does not fail for that. Left empty: `proven` when the record has deployments, else `reported` when that input is set, else `none`.',
      value: choice('proven', 'reported', 'none'),
    },
    reported: {
      description:
        'Where the service tells its version, one a line: `URL [JSON-PATH]`, or `pods:PORT/PATH [JSON-PATH]` for every pod of the record’s deployments, asked through the API server. With a path, the value there is the version or the commit; without, the answer is JSON with `version` or `revision`, or Go’s build information as text.',
      value: lines,
      default: '',
    },
    samples: {
      description:
        'Answers in a row of each `reported` endpoint, at each of its addresses, that must all be this release’s: one old replica behind a balancer shows itself.',
      value: int(1, 100),
      default: '20',
    },
    'require-attestation': {
      description:
        'Public key in PEM, or its path, or `keyless`: what the record says was deployed (else built) must be attested by this key, or by the identity that the next inputs name: images by a Sigstore bundle attached in their registry, binaries by one beside them (`*.sigstore.json`). Else the verdict is `failed`.',
      value: text,
    },
    ...signerInputs,
    'insecure-registries': {
      description:
        'Registries that are asked by plain HTTP, for the record’s images and for `image` checks: hosts, or `true` for all. This machine itself always is.',
      value: insecure,
      default: 'false',
    },
    'forbid-private': {
      description:
        'Refuses to connect to loopback, private, link-local and reserved addresses, whatever name or redirect leads there.',
      value: bool,
      default: 'false',
    },
    ...sshInputs,
    become: {
      description:
        'How the process of another user is looked at: `agent`, which `mode: bootstrap` of deploy-ssh-systemd installs; `sudo-shell`, a full root shell; `none`, as the SSH user. `auto`: `none` for root, `agent` where the host has it, else `sudo-shell`.',
      value: choice('auto', 'agent', 'sudo-shell', 'none'),
      default: 'auto',
    },
    kubeconfig: {
      description: 'Text of a kubeconfig for the clusters of the record; default: the files that KUBECONFIG names.',
      value: text,
      secret: true,
    },
    context: { description: 'Context of the kubeconfig; default: the one that the record names.', value: text },
    'signing-key': {
      description:
        'Private key (PEM, or cosign’s) that signs the verification summary; without it, it is written unsigned.',
      value: text,
      secret: true,
    },
    'signing-password': { description: 'Password of `signing-key`.', value: text, secret: true },
    junit: { description: 'Path of a JUnit XML file to write.', value: text },
  },
  outputs: {
    verdict:
      '`verified`, `failed` or `inconclusive`; the step fails unless it is `verified` (or inconclusive only because of `identity: none`).',
    report: 'Path of a JSON file with every check, its attempts, phases and reasons.',
    attestation:
      'Path of the in-toto Verification Summary Attestation: a statement, or with `signing-key` a Sigstore bundle; empty where the record names nothing that was built.',
    release: 'Path of the release record, closed with the verification.',
  },
});
