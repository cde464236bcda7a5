import type { Inputs } from '../inputs.ts';
import { bool, list, mapped, text } from '../values.ts';
import { parseHosts } from './hosts.ts';

/** The inputs of every action that reaches hosts; `readAccess` takes their values. */
export const sshInputs = {
  'private-key': {
    description: 'SSH private key (OpenSSH, PEM, PKCS#8); line ends that a secret store lost are repaired.',
    value: text,
    secret: true,
  },
  passphrase: { description: 'Passphrase of `private-key`.', value: text, secret: true },
  certificate: {
    description:
      'OpenSSH user certificate of the key (`id_ed25519-cert.pub`); several, one a line, when jump hosts have a key of their own.',
    value: text,
  },
  'ssh-agent': {
    description:
      '`true`: also offer the keys and certificates of the agent at SSH_AUTH_SOCK; `private-key` may then be left out. Otherwise no agent is asked, even when one runs.',
    value: bool,
    default: 'false',
  },
  'known-hosts': {
    description:
      'Lines of a known_hosts file, jump hosts included. This or `host-fingerprints` is required: no host key is accepted unseen.',
    value: text,
  },
  'host-fingerprints': {
    description: 'SHA256 fingerprints of the hosts’ keys, one a line, as `ssh-keygen -l` prints them.',
    value: text,
  },
  'jump-hosts': {
    description:
      'Bastions on the way to the hosts, `user@host:port`, the first hop first. Each one’s key is checked; one connection serves all hosts behind it.',
    value: mapped(list, 'user@host:port, separated by commas or line ends', parseHosts, 'hosts'),
    default: '',
  },
  'jump-private-key': {
    description: 'SSH private key for the jump hosts. Default: what opens the hosts.',
    value: text,
    secret: true,
  },
  'jump-passphrase': { description: 'Passphrase of `jump-private-key`.', value: text, secret: true },
} as const satisfies Inputs;
