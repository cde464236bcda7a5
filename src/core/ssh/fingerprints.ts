import { createHash } from 'node:crypto';
import { SlipwayError } from '../errors.ts';

/** The fingerprint of a host key that is trusted. */
export interface Pin {
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** The kind of key where the line says it: `ed25519`, `ecdsa` or `rsa`. */
  readonly kind?: string;
}

/** `SHA256:…` of a key's wire form, as OpenSSH writes it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Reads pins, one a line; a whole line of `ssh-keygen -l` will do, and tells which kind of key to ask for. */
export function parseFingerprints(text: string, where = 'input "host-fingerprints"'): Pin[] {
  const lines = text.split('\n').map(line => line.trim());
  return lines.filter(line => line !== '' && !line.startsWith('#')).map(line => parsePin(line, where));
}

function parsePin(line: string, where: string): Pin {
  const found = /(?:^|\s)(SHA256:[A-Za-z0-9+/]{43})=?(?:\s|$)/.exec(line)?.[1];
  if (found === undefined) {
    throw new SlipwayError('FINGERPRINT_INVALID', `${where}: "${line}" is not a SHA256 fingerprint`, {
      hint: 'Run `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host and give its SHA256:… part.',
    });
  }
  const kind = /\((ED25519|ECDSA|RSA)\)$/.exec(line)?.[1]?.toLowerCase();
  return { fingerprint: found, ...(kind === undefined ? {} : { kind }) };
}
