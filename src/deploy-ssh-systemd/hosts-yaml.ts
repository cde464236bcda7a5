import { parse as parseYaml } from 'yaml';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { located } from '../core/health/located.ts';
import { type Pin, parseFingerprints } from '../core/ssh/fingerprints.ts';
import { type HostSpec, onceEach, parseHost } from '../core/ssh/hosts.ts';
import { didYouMean } from '../core/suggest.ts';
import type { Host } from './hosts.ts';
import { become, layout, serviceDirectory } from './values.ts';

type Map = Record<string, unknown>;

const words = { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
const addressKeys = {
  host: { type: 'string' },
  user: { type: 'string' },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  fingerprints: words,
};
const address = { type: 'object', required: ['host'], additionalProperties: false, properties: addressKeys };
const hostKeys = {
  ...addressKeys,
  'jump-hosts': { oneOf: [{ type: 'string' }, { type: 'array', items: { oneOf: [{ type: 'string' }, address] } }] },
  roles: words,
  labels: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
  become: become.schema,
  layout: layout.schema,
  'service-directory': serviceDirectory.schema,
};

/** JSON schema of one host as a map. */
export const hostSchema = { ...address, properties: hostKeys };

/** A YAML list of hosts: each a map, or `user@host:port`. Scalars are texts as they were written: a label `1.20` is no 1.2. */
export function readHostList(text: string): Host[] {
  let data: unknown;
  try {
    data = parseYaml(text, { schema: 'failsafe', merge: true });
  } catch (error) {
    throw new SlipwayError('YAML_INVALID', `not valid YAML: ${messageOf(error).split('\n')[0]}`, { cause: error });
  }
  if (!Array.isArray(data)) fail('it is not a list of hosts');
  return data.map((item, index) => located(`hosts[${index}]`, () => hostOf(item)));
}

function hostOf(item: unknown): Host {
  if (typeof item === 'string') return { ...parseHost(item), roles: [], labels: {} };
  const map = mapOf(item, Object.keys(hostKeys));
  const { roles, labels, become: how, layout: kind, 'jump-hosts': jumps, 'service-directory': directory } = map;
  return {
    ...addressOf(map),
    roles: roles === undefined ? [] : textsOf(roles, 'roles'),
    labels: labels === undefined ? {} : labelsOf(labels),
    ...(jumps === undefined ? {} : { jumpHosts: located('jump-hosts', () => jumpHostsOf(jumps)) }),
    ...(how === undefined ? {} : { become: located('become', () => become.parse(textOf(how, 'become'))) }),
    ...(kind === undefined ? {} : { layout: located('layout', () => layout.parse(textOf(kind, 'layout'))) }),
    ...(directory === undefined
      ? {}
      : {
          directory: located('service-directory', () => serviceDirectory.parse(textOf(directory, 'service-directory'))),
        }),
  };
}

/** `host` may be the whole form, `user@host:port`; else `user` and `port` stand beside it. */
function addressOf({ host, user, port, fingerprints }: Map): HostSpec {
  const name = textOf(host, 'host');
  const form = name.includes('@') ? name : `${textOf(user, 'user')}@${bracketed(name)}`;
  const spec = parseHost(port === undefined ? form : `${form}:${textOf(port, 'port')}`);
  return { ...spec, ...(fingerprints === undefined ? {} : { fingerprints: pinsOf(fingerprints) }) };
}

const bracketed = (host: string) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

function pinsOf(value: unknown): Pin[] {
  const pins = parseFingerprints(textsOf(value, 'fingerprints').join('\n'), 'fingerprints');
  return pins.length > 0 ? pins : fail('fingerprints is empty');
}

/** `[]`: directly, whatever the input says. */
function jumpHostsOf(value: unknown): HostSpec[] {
  const hops = typeof value === 'string' ? textsOf(value, 'jump-hosts') : value;
  if (!Array.isArray(hops)) fail('it is not a list of hosts');
  return onceEach(
    hops.map(hop => (typeof hop === 'string' ? parseHost(hop) : addressOf(mapOf(hop, Object.keys(addressKeys))))),
  );
}

function labelsOf(value: unknown): Record<string, string> {
  const map = mapOf(value);
  return Object.fromEntries(Object.entries(map).map(([name, label]) => [name, textOf(label, `labels.${name}`)]));
}

function mapOf(value: unknown, keys?: readonly string[]): Map {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('it is not a map');
  const unknown = Object.keys(value).find(key => keys !== undefined && !keys.includes(key));
  if (unknown !== undefined)
    fail(`unknown key "${unknown}"${didYouMean(unknown, keys!)}; allowed: ${keys!.join(', ')}`);
  return value as Map;
}

function textOf(value: unknown, key: string): string {
  if (value === undefined || value === '') fail(`${key} is missing`);
  return typeof value === 'string' ? value : fail(`${key} is not a text`);
}

/** A list, or one text with commas or line ends between its items. */
function textsOf(value: unknown, key: string): string[] {
  const items = typeof value === 'string' ? value.split(/[,\n]/).map(item => item.trim()) : value;
  if (!Array.isArray(items)) fail(`${key} is not a list`);
  return items.filter(item => item !== '').map(item => textOf(item, key));
}

function fail(message: string): never {
  throw new SlipwayError('HOST_INVALID', message);
}
