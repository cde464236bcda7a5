import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { messageOf, SlipwayError } from '../errors.ts';
import { loadSsh2 } from './load.ts';
import { openSshEd25519 } from './openssh-key.ts';
import { fingerprint } from './trust.ts';

/** A key that ssh2 takes; `name` is what errors and logs may show of it. */
export interface PrivateKey {
  /** ssh2's own form, decrypted. Secret. */
  readonly key: ParsedKey;
  /** `ssh-ed25519 SHA256:…`. */
  readonly name: string;
}

/**
 * Reads a private key: OpenSSH, PEM (PKCS#1, SEC 1) or PKCS#8, encrypted or not. What secret stores do to line ends is
 * repaired; anything else is an error that says what was seen, without showing it.
 */
export async function readPrivateKey(text: string, passphrase?: string): Promise<PrivateKey> {
  const pem = repairLines(text);
  const usable = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(pem) ? fromPkcs8(pem, passphrase) : pem;
  const { utils } = await loadSsh2();
  const parsed = utils.parseKey(usable, passphrase);
  if (parsed instanceof Error) throw invalid(reasonOf(parsed, passphrase), parsed);
  const key = Array.isArray(parsed) ? parsed[0]! : parsed;
  if (!key.isPrivateKey()) throw invalid('it is a public key');
  return { key, name: `${key.type} ${fingerprint(key.getPublicSSH())}` };
}

/** Brings back the line ends of a PEM text: CRLF, literal `\n`, blanks instead of line ends, indentation, base64 of the whole. */
export function repairLines(text: string): string {
  let pem = text.replaceAll('\\r', '').replaceAll('\\n', '\n').replaceAll('\r', '').trim();
  if (!pem.includes('-----') && /^[A-Za-z0-9+/=\s]+$/.test(pem)) {
    const decoded = Buffer.from(pem, 'base64').toString('utf8');
    if (decoded.startsWith('-----BEGIN ')) pem = decoded.replaceAll('\r', '').trim();
  }
  const match = /^-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*)-----END \1-----$/.exec(pem);
  if (match === null) return `${pem}\n`;
  const [, label, inside = ''] = match;
  const headers = [...inside.matchAll(/(Proc-Type: [^\s]+|DEK-Info: [^\s]+)/g)].map(found => found[0]);
  const body = headers.reduce((rest, header) => rest.replace(header, ''), inside).replaceAll(/\s+/g, '');
  const wrapped = body.match(/.{1,64}/g) ?? [];
  const head = headers.length === 0 ? [] : [...headers, ''];
  return [`-----BEGIN ${label}-----`, ...head, ...wrapped, `-----END ${label}-----`, ''].join('\n');
}

/** ssh2 does not read PKCS#8; Node does, and writes the older forms. */
function fromPkcs8(pem: string, passphrase: string | undefined): string {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const encrypted = pem.includes('ENCRYPTED');
    if (encrypted && passphrase === undefined) throw invalid('it is encrypted and the input "passphrase" is empty');
    throw invalid(encrypted ? 'the passphrase does not fit' : 'its PKCS#8 text is damaged', error);
  }
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }) as string;
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }) as string;
  if (key.asymmetricKeyType === 'ed25519') return openSshEd25519(key);
  throw invalid(`keys of the kind ${key.asymmetricKeyType} are not supported`);
}

function reasonOf(error: Error, passphrase: string | undefined): string {
  const said = messageOf(error);
  if (/no passphrase/i.test(said)) return 'it is encrypted and the input "passphrase" is empty';
  if (/passphrase|bad decrypt/i.test(said)) return 'the passphrase does not fit';
  if (/Unsupported key format/i.test(said))
    return 'it is neither an OpenSSH, PEM nor PKCS#8 key, or its first or last line is missing';
  return `${said}${passphrase === undefined ? '' : ' (a passphrase was given)'}`;
}

function invalid(why: string, cause?: unknown): SlipwayError {
  return new SlipwayError('PRIVATE_KEY_INVALID', `input "private-key" cannot be used: ${why}`, {
    hint: 'Store the whole file, from -----BEGIN to -----END and the line end, as the secret: gh secret set NAME < FILE.',
    ...(cause === undefined ? {} : { cause }),
  });
}
