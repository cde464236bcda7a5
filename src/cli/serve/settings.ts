import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { invalid } from '../../core/config-document.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { secretText } from '../../core/config-section.ts';
import { isMap } from '../../core/is-map.ts';
import { maskSecret } from '../../core/mask.ts';
import { didYouMean } from '../../core/suggest.ts';
import { parseDuration, parseSize } from '../../core/units.ts';
import { readSecret, type Secret } from './signature.ts';
import { isBranchName, isTagPattern, type Wanted } from './wanted.ts';

/** The section `serve` of slipway.yml. */
export interface Settings extends Wanted {
  /** Where git gets the commits. */
  readonly repository: string;
  readonly secret: Secret;
  /** The variable that the secret came in: releases do not get it. */
  readonly secretVariable: string | undefined;
  /** Who may connect; undefined: everybody. */
  readonly allowed: BlockList | undefined;
  /** Paths of PEM files; absolute. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Bytes of the largest body. */
  readonly largest: number;
  /** Milliseconds that a release may take. */
  readonly timeout: number;
}

const keys = ['repository', 'branches', 'tags', 'secret', 'allow-from', 'tls', 'largest', 'timeout'];
/** GitHub sends no more. Source: GitHub, "Webhook events and payloads", "Payload cap". */
const most = 25 * 1024 * 1024;

/** @throws SlipwayError CONFIG_INVALID, SECRET_MISSING with the line */
export async function readSettings(
  { serve, file, at }: ConfigFile,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Settings> {
  const refuse = (key: string, why: string): never => {
    throw invalid(at(key === '' ? ['serve'] : ['serve', key]), `serve: ${why}`);
  };
  if (serve === undefined) throw invalid(file, 'it has no section "serve": repository, branches and secret');
  if (!isMap(serve)) return refuse('', 'it is not a map');
  for (const key of Object.keys(serve))
    if (!keys.includes(key)) refuse(key, `unknown key "${key}"${didYouMean(key, keys)}; allowed: ${keys.join(', ')}`);
  const { repository, secret: given } = serve;
  // git takes "ext::COMMAND" for a way to run a command, and what begins with "-" for an option
  if (typeof repository !== 'string' || !/^(?!-)(?![\w+]+::)\S+$/.test(repository))
    return refuse('repository', 'repository is no address or path that git clones');
  if (/^https?:\/\/[^/]*@/i.test(repository) || /^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(repository))
    refuse(
      'repository',
      'the address of repository has a name or password in it, which logs and lists of processes would show: let git have it, by a credential helper or a key for ssh',
    );
  const branches = wordsOf(serve['branches'], () => refuse('branches', 'branches names none'));
  for (const one of branches)
    if (!isBranchName(one)) refuse('branches', `"${one}" is no name of a branch; each is written out`);
  const { tags: patterns } = serve;
  const tags = patterns === undefined ? undefined : wordsOf(patterns, () => refuse('tags', 'tags names none'));
  for (const one of tags ?? [])
    if (!isTagPattern(one)) refuse('tags', `"${one}" is no name of a tag, nor a pattern such as v*`);
  if (given === undefined) return refuse('', 'it has no secret, { env: NAME } or { file: PATH }');
  const text = (await secretText('secret', given, { at: key => at(['serve', key]), directory, env })).trim();
  maskSecret(text);
  return {
    repository,
    branches,
    tags,
    secret: readSecret(text, why => refuse('secret', why)),
    secretVariable: isMap(given) && typeof given['env'] === 'string' ? given['env'] : undefined,
    allowed: allowedOf(serve['allow-from'], why => refuse('allow-from', why)),
    tls: tlsOf(serve['tls'], directory, () => refuse('tls', 'tls is not { certificate: PATH, key: PATH }')),
    largest: sizeOf(serve['largest'] ?? '1MiB', () =>
      refuse('largest', 'largest is no size up to 25MiB, such as 4MiB'),
    ),
    timeout: durationOf(serve['timeout'] ?? '2h', () => refuse('timeout', 'timeout is no duration such as 30m')),
  };
}

function wordsOf(given: unknown, refuse: () => never): string[] {
  const words = [given].flat();
  return words.length > 0 && words.every(one => typeof one === 'string' && one !== '') ? (words as string[]) : refuse();
}

function allowedOf(given: unknown, refuse: (why: string) => never): BlockList | undefined {
  if (given === undefined) return undefined;
  const list = new BlockList();
  for (const one of wordsOf(given, () => refuse('allow-from names nobody; leave it out to let everybody connect'))) {
    const [address = '', bits, ...more] = one.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const all = family === 'ipv6' ? 128 : 32;
    if (
      isIP(address) === 0 ||
      more.length > 0 ||
      (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= all))
    )
      refuse(`allow-from: "${one}" is no address or network such as 192.0.2.0/24`);
    list.addSubnet(address, Number(bits ?? all), family);
  }
  return list;
}

function tlsOf(given: unknown, directory: string, refuse: () => never): Settings['tls'] {
  if (given === undefined) return undefined;
  const { certificate, key, ...more } = isMap(given) ? given : refuse();
  if (typeof certificate !== 'string' || typeof key !== 'string' || Object.keys(more).length > 0) return refuse();
  return { certificate: resolve(directory, certificate), key: resolve(directory, key) };
}

function durationOf(given: unknown, refuse: () => never): number {
  try {
    const duration = parseDuration(String(given));
    if (duration > 0) return duration;
  } catch {
    // refused like none at all
  }
  return refuse();
}

function sizeOf(given: unknown, refuse: () => never): number {
  try {
    const size = parseSize(String(given));
    if (size > 0 && size <= most) return size;
  } catch {
    // refused like one that is too large
  }
  return refuse();
}
