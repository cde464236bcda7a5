import { setSecret } from '@actions/core';
import { SlipwayError } from '../../core/errors.ts';

/** One entry of GOPROXY. */
export interface ProxyEntry {
  /** Base URL without a slash at its end. */
  readonly url: string;
  /** `direct`: the URL is the origin of the toolchain module, which passes no checksum database on. */
  readonly origin: boolean;
  /** What makes the go command try the next: a comma only 404 and 410, a pipe any error. */
  readonly fallOn: 'missing' | 'any';
}

/** Go's own default (go env GOPROXY). */
export const defaultGoProxy = 'https://proxy.golang.org,direct';
/** Where golang.org/toolchain comes from with `direct`: what its go-import tag names. */
const toolchainOrigin = 'https://go.dev/dl/mod';

/**
 * GOPROXY as the go command reads it (go.dev/ref/mod#goproxy-protocol); what stands behind `direct` or `off` is never
 * reached. Passwords in it are masked.
 */
export function parseGoProxy(setting: string): ProxyEntry[] {
  const entries: ProxyEntry[] = [];
  for (const [, text = '', separator = ''] of setting.matchAll(/([^,|]+)([,|]|$)/g)) {
    const word = text.trim();
    if (word === '') continue;
    if (word === 'off') break;
    const fallOn = separator === '|' ? 'any' : 'missing';
    if (word === 'direct' || word === 'noproxy') {
      if (word === 'direct') entries.push({ url: toolchainOrigin, origin: true, fallOn });
      break;
    }
    entries.push({ url: baseOf(word), origin: false, fallOn });
  }
  return entries;
}

function baseOf(word: string): string {
  // Without a scheme the go command means https.
  const text = /^[a-z][a-z0-9+.-]*:/i.test(word) ? word : `https://${word}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['https:', 'http:', 'file:'].includes(url.protocol)) {
    throw new SlipwayError('GOPROXY_INVALID', `GOPROXY holds "${word}", which is no URL of a module proxy`, {
      hint: 'Write URLs with https, http or file, separated by commas or |, and direct or off at the end.',
    });
  }
  if (url.password !== '') setSecret(decodeURIComponent(url.password));
  return url.href.replace(/\/+$/, '');
}

/** GOPROXY as a log may show it: without users and passwords. */
export function bareProxies(setting: string): string {
  return setting.replace(/(\/\/)[^/@,|]*@/g, '$1');
}
