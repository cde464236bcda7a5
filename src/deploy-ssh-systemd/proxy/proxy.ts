import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { parseDuration, parseSize } from '../../core/units.ts';
import { type Value, yaml } from '../../core/values.ts';
import { hostName } from './host-name.ts';

/** The site of nginx in front of a service. */
export interface ProxySite {
  /** In lower case; the first label may be `*`. */
  readonly names: readonly string[];
  /** Where the service is reached; undefined: where it listens. */
  readonly to: { readonly port: number } | { readonly socket: string } | undefined;
  readonly http: number;
  readonly https: number;
  readonly tls: Tls | undefined;
  /** Requests of gRPC go to this port; `true`: where all others go. */
  readonly grpc: number | boolean;
  /** Milliseconds between two reads or writes. */
  readonly timeout: number;
  /** Bytes. */
  readonly maxBody: number;
}

/** Paths on the host; or what certbot is to be asked for. */
export type Tls = { readonly certificate: string; readonly key: string } | { readonly certbot: Certbot };

export interface Certbot {
  /** Directory of an ACME authority. */
  readonly server: string;
  /** Whom the authority writes to; empty: nobody. */
  readonly email: string;
}

const form =
  '{names: [HOST…], port | socket, tls: {certificate, key} | {certbot: {email, server}}, http, https, grpc, timeout, max-body}';

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory';

const port = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))], 'is not a port'),
  v.integer('is not a port'),
  v.minValue(1, 'is not a port'),
  v.maxValue(65_535, 'is not a port'),
);
const path = v.pipe(
  v.string('is not a path'),
  v.regex(
    /^(\/[A-Za-z0-9_@][A-Za-z0-9_.@-]*)+$/,
    'is not an absolute path of letters, digits, dot, dash and underscore',
  ),
);
const certbot = v.strictObject({
  email: v.optional(v.pipe(v.string(), v.regex(/^[^\s@-][^\s@]*@[^\s@]+$/, 'is no address of mail'))),
  server: v.optional(v.pipe(v.string(), v.regex(/^https:\/\/[^\s"']+$/, 'is no https URL')), letsEncrypt),
});
const tlsShape = v.strictObject({ certificate: v.optional(path), key: v.optional(path), certbot: v.optional(certbot) });
const shape = v.strictObject({
  names: v.union([v.string(), v.array(v.string())], 'is no list of host names'),
  port: v.optional(port),
  socket: v.optional(path),
  http: v.optional(port, 80),
  https: v.optional(port, 443),
  tls: v.optional(tlsShape),
  grpc: v.optional(v.union([v.boolean(), port], 'is neither true nor a port'), false),
  timeout: v.optional(v.string(), '60s'),
  'max-body': v.optional(v.string(), '1MiB'),
});

const schemaOfPort = { type: 'integer', minimum: 1, maximum: 65_535 };
const schema = {
  type: 'object',
  required: ['names'],
  additionalProperties: false,
  properties: {
    names: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    port: schemaOfPort,
    socket: { type: 'string' },
    http: schemaOfPort,
    https: schemaOfPort,
    tls: {
      type: 'object',
      additionalProperties: false,
      properties: {
        certificate: { type: 'string' },
        key: { type: 'string' },
        certbot: {
          type: 'object',
          additionalProperties: false,
          properties: { email: { type: 'string' }, server: { type: 'string' } },
        },
      },
    },
    grpc: { oneOf: [{ type: 'boolean' }, schemaOfPort] },
    timeout: { type: 'string' },
    'max-body': { type: 'string' },
  },
};

export const proxy: Value<ProxySite> = yaml(form, schema, data => {
  const read = v.safeParse(shape, data);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw invalid(where === null ? `it is not ${form}` : `${where}: ${issue.message}`);
  }
  const { names, port, socket, http, https, tls, grpc, timeout, 'max-body': maxBody } = read.output;
  const own = tls === undefined ? undefined : tlsOf(tls);
  if (port !== undefined && socket !== undefined) throw invalid('port and socket are both given: the service has one');
  if (grpc !== false && tls === undefined)
    throw invalid('grpc needs tls: nginx has HTTP/2 without TLS on no port that has HTTP/1, too');
  if (tls !== undefined && http === https) throw invalid(`http and https are both ${http}`);
  const list = (typeof names === 'string' ? names.split(/[\s,]+/) : names).filter(name => name !== '');
  if (own !== undefined && 'certbot' in own && list.some(name => name.startsWith('*')))
    throw invalid('names: an authority gives no certificate for a wildcard by the way of certbot here (HTTP-01)');
  if (list.length === 0) throw invalid('names: no host name is given');
  return {
    names: [...new Set(list.map(hostName))],
    to: port !== undefined ? { port } : socket !== undefined ? { socket } : undefined,
    http,
    https,
    tls: own,
    grpc,
    timeout: parseDuration(timeout),
    maxBody: parseSize(maxBody),
  };
});

function tlsOf({ certificate, key, certbot }: v.InferOutput<typeof tlsShape>): Tls {
  const pair = certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
  const isOne =
    (certificate ?? key) === undefined ? certbot !== undefined : pair !== undefined && certbot === undefined;
  if (!isOne) throw invalid('tls has either certificate and key, or certbot');
  return pair ?? { certbot: { server: certbot!.server, email: certbot!.email ?? '' } };
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('PROXY_INVALID', message);
}
