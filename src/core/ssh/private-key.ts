import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { messageOf, SlipwayError } from '../errors.ts';
import { fingerprint } from './fingerprints.ts';
import { loadSsh2 } from './load.ts';
import { openSshEd25519 } from './openssh-key.ts';

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
 *
 * @param input that it was given by, for the error
 */
export async function readPrivateKey(text: string, passphrase?: string, input = 'private-key'): Promise<PrivateKey> {
  try {
    return await parsePrivateKey(repairLines(text), passphrase);
  } catch (error) {
    throw new SlipwayError('PRIVATE_KEY_INVALID', `input "${input}" cannot be used: ${messageOf(error)}`, {
      hint: 'Store the whole file, from -----BEGIN to -----END and the line end, as the secret: gh secret set NAME < FILE.',
      cause: error,
    });
  }
}

async function parsePrivateKey(pem: string, passphrase: string | undefined): Promise<PrivateKey> {
  const usable = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(pem) ? fromPkcs8(pem, passphrase) : pem;
  const { utils } = await loadSsh2();
  const parsed = utils.parseKey(usable, passphrase);
  if (parsed instanceof Error) throw new Error(reasonOf(parsed, pem, passphrase));
  const key = Array.isArray(parsed) ? parsed[0]! : parsed;
  if (!key.isPrivateKey()) throw new Error('it is a public key');
  return { key, name: `${key.type} ${fingerprint(key.getPublicSSH())}` };
}

/**
 * Brings back the line ends of a PEM text: CRLF, literal `\n`, blanks instead of line ends, indentation, base64 of the
 * whole; and takes away what stands around it: quotes, a byte order mark, remarks.
 */
export function repairLines(text: string): string {
  let pem = text
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
    .replaceAll(/[\r\uFEFF]/g, '')
    .trim();
  pem = pem.replace(/^(["'])([\s\S]*)\1$/, '$2').trim();
  if (!pem.includes('-----') && /^[A-Za-z0-9+/=\s]+$/.test(pem)) {
    const decoded = Buffer.from(pem, 'base64').toString('utf8');
    if (decoded.startsWith('-----BEGIN ')) pem = decoded.replaceAll('\r', '').trim();
  }
  const match = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/.exec(pem);
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
    if (encrypted && passphrase === undefined) throw new Error(noPassphrase);
    throw new Error(encrypted ? 'the passphrase does not fit' : `its PKCS#8 text is damaged (${messageOf(error)})`);
  }
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }) as string;
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }) as string;
  if (key.asymmetricKeyType === 'ed25519') return openSshEd25519(key);
  throw new Error(`keys of the kind ${key.asymmetricKeyType} are not supported`);
}

const noPassphrase = 'it is encrypted and its passphrase is empty';

function reasonOf(error: Error, pem: string, passphrase: string | undefined): string {
  const said = messageOf(error);
  if (/no passphrase/i.test(said)) return noPassphrase;
  if (/passphrase|bad decrypt/i.test(said)) return 'the passphrase does not fit';
  if (/^PuTTY-User-Key-File-3/.test(pem))
    return 'it is a PuTTY key of version 3: puttygen KEY -O private-openssh -o NEW';
  if (!/Unsupported key format/i.test(said))
    return `${said}${passphrase === undefined ? '' : ' (a passphrase was given)'}`;
  const [begin, end] = [pem.includes('-----BEGIN '), pem.includes('-----END ')];
  if (begin && !end) return 'its end is missing: there is no line -----END …';
  if (end && !begin) return 'its beginning is missing: there is no line -----BEGIN …';
  return 'it is neither an OpenSSH, PEM nor PKCS#8 key';
}
