import { isMap, type Section } from '../../core/config-deployments.ts';
import { invalid } from '../../core/config-document.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { type Place, secretText } from '../../core/config-section.ts';
import { maskSecret } from '../../core/mask.ts';
import { isLoopback } from '../../core/registry/endpoint.ts';
import { didYouMean } from '../../core/suggest.ts';
import { type ChatFormat, chatFormats } from './chat.ts';
import { type Mailbox, mailKeys, readMailbox } from './mailbox.ts';
import { type Event, events } from './news.ts';
import { readKey } from './signature.ts';

/** Somebody who is told how a run ended. */
export type Receiver = {
  /** For the log: `notify[0] (slack)`; addresses of chats are secrets. */
  readonly name: string;
  readonly on: readonly Event[];
} & (
  | { readonly kind: 'webhook'; readonly url: URL; readonly key: Buffer }
  | { readonly kind: 'chat'; readonly format: ChatFormat; readonly url: URL }
  | { readonly kind: 'email'; readonly mailbox: Mailbox }
  | { readonly kind: 'grafana'; readonly url: URL; readonly token: string }
);

const kinds = ['webhook', 'email', 'grafana', ...chatFormats];

/**
 * The list `notify` of slipway.yml, or of its environment. Secrets are read and masked, so that what is missing is
 * found before anything is begun.
 *
 * @throws SlipwayError CONFIG_INVALID, SECRET_MISSING with the line
 */
export async function readReceivers(file: ConfigFile, directory: string, env: NodeJS.ProcessEnv): Promise<Receiver[]> {
  if (file.notify === undefined) return [];
  if (!Array.isArray(file.notify))
    throw invalid(file.at(['notify']), '"notify" is not a list such as [{ slack: { env: SLACK_URL } }]');
  return Promise.all(file.notify.map((entry, index) => readReceiver(entry, index, file, { directory, env })));
}

async function readReceiver(
  entry: unknown,
  index: number,
  file: ConfigFile,
  around: Omit<Place, 'at'>,
): Promise<Receiver> {
  const place = { ...around, at: (key: string) => file.at(['notify', index, key]) };
  const refuse = (why: string, key = '') => {
    throw invalid(file.at(key === '' ? ['notify', index] : ['notify', index, key]), `notify[${index}]: ${why}`);
  };
  if (!isMap(entry)) return refuse(`it is not a map with one of ${kinds.join(', ')}`);
  const found = Object.keys(entry).filter(key => kinds.includes(key));
  const [kind = ''] = found;
  const strange = Object.keys(entry).find(key => ![...found, ...keysOf(kind)].includes(key));
  if (found.length !== 1 || strange !== undefined) {
    const allowed = found.length === 0 ? kinds : keysOf(kind);
    if (strange !== undefined) return refuse(`unknown key "${strange}"${didYouMean(strange, allowed)}`, strange);
    return refuse(`it needs one of ${kinds.join(', ')}, and has ${found.join(' and ') || 'none'}`);
  }
  const common = { name: `notify[${index}] (${kind})`, on: eventsOf(entry['on'], why => refuse(why, 'on')) };
  if (kind === 'email') return { ...common, kind, mailbox: await readMailbox(entry, place, refuse) };
  const url = await urlOf(kind, entry[kind], place, why => refuse(why, kind));
  if (kind === 'grafana') return { ...common, kind, url, token: await tokenOf(entry['token'], place, refuse) };
  if (kind !== 'webhook') return { ...common, kind: 'chat', format: kind as ChatFormat, url };
  const secret = entry['secret'];
  if (secret === undefined) return refuse('a webhook is signed: give it a secret, { env: NAME } or { file: PATH }');
  return { ...common, kind, url, key: readKey(await secretOf('secret', secret, place), why => refuse(why, 'secret')) };
}

const ownKeys: Readonly<Record<string, readonly string[]>> = {
  webhook: ['secret'],
  email: mailKeys,
  grafana: ['token'],
};
const keysOf = (kind: string) => ['on', ...(ownKeys[kind] ?? [])];

async function tokenOf(given: unknown, place: Place, refuse: (why: string) => never): Promise<string> {
  if (given === undefined) return refuse('Grafana needs the token of a service account: token: { env: NAME }');
  return secretOf('token', given, place);
}

function eventsOf(given: unknown, refuse: (why: string) => never): readonly Event[] {
  if (given === undefined) return events;
  const words = [given].flat().map(String);
  for (const word of words)
    if (!events.includes(word as Event))
      refuse(`on: "${word}"${didYouMean(word, [...events])}; allowed: ${events.join(', ')}`);
  return words as Event[];
}

/** A chat's address lets everybody write there: it is a secret; another one may be written in the file. */
async function urlOf(kind: string, value: unknown, place: Place, refuse: (why: string) => never): Promise<URL> {
  const isPlain = !chatFormats.includes(kind as ChatFormat) && typeof value === 'string';
  const text = (isPlain ? value : await secretOf(kind, value, place)).trim();
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return refuse(`${kind} is no address such as https://…`);
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return refuse(`${kind} is plain http to ${url.host}; it has to be https`);
  if (url.username !== '' || url.password !== '')
    return refuse(`${kind}: a name or password in an address is not sent`);
  return url;
}

async function secretOf(key: string, value: unknown, place: Place): Promise<string> {
  const secret = (await secretText(key, value as Section, place)).trim();
  maskSecret(secret);
  return secret;
}
