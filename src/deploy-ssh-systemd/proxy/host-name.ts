import { domainToASCII } from 'node:url';
import { SlipwayError } from '../../core/errors.ts';

/**
 * A name in lower case, as DNS has it (RFC 1123); nginx also takes a wildcard in front.
 *
 * @throws PROXY_INVALID
 */
export function hostName(text: string): string {
  const name = text.toLowerCase();
  const labels = name.replace(/^\*\./, '').split('.');
  const isName =
    labels.every(label => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) && !/^\d+$/.test(labels.at(-1)!);
  if (isName && name.length <= 253) return name;
  const ascii = /[^\0-\x7f]/.test(name) ? domainToASCII(name) : '';
  const instead = ascii === '' ? '' : `; in ASCII it is ${ascii}`;
  throw new SlipwayError('PROXY_INVALID', `names: ${JSON.stringify(text)} is no host name${instead}`);
}
