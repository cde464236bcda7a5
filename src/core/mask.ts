import { setSecret } from '@actions/core';

/**
 * Masks a secret whole, in base64, and in the parts that a log could show alone: runners mask what stands on one line,
 * so a secret of several lines needs each of its telling parts masked.
 */
export function maskSecret(secret: string): void {
  for (const part of tellingParts(secret)) setSecret(part);
}

/** Pure: what is masked of a secret. Words that are no secret by themselves (`apiVersion: v1`) are left readable. */
export function tellingParts(secret: string): string[] {
  const lines = secret
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  const base64 = Buffer.from(secret).toString('base64');
  if (lines.length < 2) return [secret.trim(), base64];
  const isPem = lines[0]!.startsWith('-----BEGIN ');
  return [...new Set([base64, ...lines.flatMap(line => (isPem ? pemPart(line) : valuePart(line)))])];
}

function pemPart(line: string): string[] {
  return line.startsWith('-----') ? [] : [line];
}

/**
 * A dotenv line's value is a secret; of a YAML or JSON line what is called one, or is long and no
 * address; any other line is one.
 * What is under four characters is left: masking it would blot out half the log.
 */
function valuePart(line: string): string[] {
  const dotenv = /^(?:export )?[A-Za-z_]\w*=(.*)$/.exec(line);
  const keyed = /^(?:- )?["']?([\w.-]+)["']?:(?:\s+(.*))?$/.exec(line);
  const value = (dotenv?.[1] ?? (keyed ? (keyed[2] ?? '') : line)).replace(/^["']|["']?,?$/g, '');
  const long = /^\S{16,}$/.test(value) && !/^https?:/.test(value);
  const called = keyed === null || /(password|passphrase|token|secret)$/i.test(keyed[1]!);
  const telling = long || (called && /\w.*\w.*\w.*\w/.test(value));
  return telling ? [value] : [];
}
