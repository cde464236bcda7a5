import { SlipwayError } from '../core/errors.ts';
import type { Become } from '../core/host-agent/become.ts';
import { formatHost, type HostSpec, onceEach, parseHosts } from '../core/ssh/hosts.ts';
import { lines, type Value } from '../core/values.ts';
import { hostSchema, readHostList } from './hosts-yaml.ts';
import type { Layout } from './settings.ts';

/** A host to deploy to, with what is written for it alone. */
export interface Host extends HostSpec {
  readonly roles: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly become?: Become;
  readonly layout?: Layout;
  /** Instead of `service-directory`. */
  readonly directory?: string;
}

/** `user@host:port`, one a line; or a YAML (or JSON) list of such texts and of maps. */
export const hosts: Value<Host[]> = {
  kind: 'hosts',
  allowed: 'user@host:port, one a line, or a YAML list of maps with host, user and more',
  schema: {
    oneOf: [{ type: 'string' }, { type: 'array', items: { oneOf: [{ type: 'string' }, hostSchema] } }],
  },
  parse: text => {
    const first = lines.parse(text)[0] ?? '';
    const isYaml = /^(-(\s|$)|\[)/.test(first);
    const found = isYaml ? readHostList(text) : parseHosts(text).map(spec => ({ ...spec, roles: [], labels: {} }));
    if (found.length > 0) return onceEach(found);
    throw new SlipwayError('HOST_INVALID', 'it names no host', { hint: 'Write at least one, such as deploy@app1.' });
  },
};

/** What a script is told of a host: SLIPWAY_ROLES, and SLIPWAY_LABEL_REGION of a label "region". */
export function variablesOf({ host, roles, labels }: Host): Record<string, string> {
  const ofLabels = Object.entries(labels).map(([name, value]) => [variableName(name), value]);
  return { SLIPWAY_HOST: host, SLIPWAY_ROLES: roles.join(','), ...Object.fromEntries(ofLabels) };
}

const variableName = (label: string) => `SLIPWAY_LABEL_${label.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')}`;

/** Place → roles and labels in words, of hosts that have any. */
export function aboutEach(hosts: readonly Host[]): ReadonlyMap<string, string> {
  const words = ({ roles, labels }: Host) => [
    ...roles,
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ];
  return new Map(hosts.filter(host => words(host).length > 0).map(host => [formatHost(host), words(host).join(', ')]));
}
