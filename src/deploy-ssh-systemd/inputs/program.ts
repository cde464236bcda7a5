import { signerInputs } from '../../core/attestation/inputs.ts';
import { bool, choice, text } from '../../core/values.ts';
import { containerInputs } from '../container/inputs.ts';
import { credentials } from '../secrets.ts';
import { timerInputs } from '../timer/timer.ts';
import { units } from '../unit-values.ts';
import { args, environment, runAs, serviceName } from '../values.ts';

/** What is served, and what it is given. */
export const programInputs = {
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
    description: 'User of the service: `dynamic` (a user of its own, made by systemd) or one that exists on the host.',
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
} as const;
