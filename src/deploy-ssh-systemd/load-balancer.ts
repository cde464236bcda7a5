import * as v from 'valibot';
import { SlipwayError } from '../core/errors.ts';
import { type HostSpec, parseHosts } from '../core/ssh/hosts.ts';
import { parseDuration } from '../core/units.ts';
import { type Value, yaml } from '../core/values.ts';

interface Common {
  /** Milliseconds for those that are being served to come to an end. */
  readonly wait: number;
}

/** Where the requests come from that a host must not get while it is changed. */
export type LoadBalancer = Common &
  (
    | {
        readonly kind: 'nginx';
        /** Empty where they are those of the input "hosts" with the role lb. */
        readonly hosts: readonly HostSpec[];
        /** Of the file with the `server` lines. */
        readonly path: string;
        /** The host's address as it stands there; `{host}` is the host's. */
        readonly server: string;
        /** That is reloaded. */
        readonly unit: string;
      }
    | {
        readonly kind: 'haproxy';
        readonly hosts: readonly HostSpec[];
        /** Path of its socket, or `address:port`, as its own host reaches it. */
        readonly socket: string;
        /** `BACKEND/SERVER`; `{host}` is the host's address. */
        readonly server: string;
      }
    | { readonly kind: 'command'; readonly drain: string; readonly restore: string; readonly on: 'runner' | 'host' }
  );

const path = v.pipe(
  v.string(),
  v.regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, 'is not an absolute path of letters, digits, dot, dash and underscore'),
);
const socket = v.pipe(
  v.string(),
  v.regex(/^(\/[^\p{Cc}]+|[A-Za-z0-9.-]+:\d{1,5})$/u, 'is neither a path nor address:port'),
);
const server = (what: RegExp, form: string) => v.pipe(v.string(), v.regex(what, `is not ${form}`));
const hosts = v.union([v.string(), v.array(v.string())]);
const wait = v.optional(v.string());
const form = v.union([
  v.strictObject({
    nginx: path,
    hosts: v.optional(hosts),
    server: server(/^[A-Za-z0-9_.:[\]{}/-]+$/, 'an address, such as {host}:8080'),
    unit: v.optional(server(/^[A-Za-z0-9_.-]+$/, 'the name of a unit')),
    wait,
  }),
  v.strictObject({
    haproxy: socket,
    hosts: v.optional(hosts),
    server: server(/^[A-Za-z0-9_.:{}-]+\/[A-Za-z0-9_.:{}-]+$/, 'BACKEND/SERVER, such as app/{host}'),
    wait,
  }),
  v.strictObject({
    drain: v.pipe(v.string(), v.minLength(1)),
    restore: v.pipe(v.string(), v.minLength(1)),
    on: v.optional(v.picklist(['runner', 'host'])),
    wait,
  }),
]);

const forms =
  '{nginx: FILE, hosts, server, unit, wait}, {haproxy: SOCKET, hosts, server, wait} or {drain: COMMAND, restore: COMMAND, on: runner | host, wait}';

export const loadBalancer: Value<LoadBalancer> = yaml(forms, { type: 'object' }, data => {
  const read = v.safeParse(form, data);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw new SlipwayError(
      'LOAD_BALANCER_INVALID',
      where === null ? `it is not ${forms}` : `${where} ${issue.message}`,
    );
  }
  const given = read.output;
  const common = { wait: parseDuration(given.wait ?? '30s') };
  const named = 'hosts' in given && given.hosts !== undefined ? parseHosts(given.hosts) : [];
  if ('nginx' in given) {
    const { nginx, unit = 'nginx', server } = given;
    return { ...common, kind: 'nginx', hosts: named, path: nginx, server, unit };
  }
  if ('haproxy' in given)
    return { ...common, kind: 'haproxy', hosts: named, socket: given.haproxy, server: given.server };
  return { ...common, kind: 'command', drain: given.drain, restore: given.restore, on: given.on ?? 'runner' };
});
