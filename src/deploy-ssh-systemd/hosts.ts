import { SlipwayError } from '../core/errors.ts';
import type { Become } from '../core/host-agent/become.ts';
import { type HostSpec, onceEach, parseHosts } from '../core/ssh/hosts.ts';
import { lines, type Value } from '../core/values.ts';
import { hostSchema, readHostList } from './hosts-yaml.ts';
import type { Settings } from './settings.ts';

/** A host to deploy to, with what is written for it alone. */
export interface Host extends HostSpec {
  readonly roles: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly become?: Become;
  /** Instead of `service-directory`. */
  readonly directory?: string;
}

/** What is written for one host outranks what is written for all. */
export function settingsOf(host: Host, settings: Settings): Settings {
  const { become: given = settings.become, directory = settings.directory } = host;
  // an agent that is there cannot replace itself
  const become = settings.mode === 'bootstrap' && given !== 'none' ? 'sudo-shell' : given;
  return { ...settings, become, directory };
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
