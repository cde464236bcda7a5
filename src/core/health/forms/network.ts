import { isMap } from '../../is-map.ts';
import { type GrpcCheck, hostPort, type TcpCheck, type TlsCheck, type Turn } from '../check.ts';
import type { Form, Given } from './form.ts';
import {
  duration,
  fail,
  flag,
  headerMap,
  headerValue,
  type Key,
  oneOf,
  patternOf,
  pem,
  text,
  texts,
} from './readers.ts';
import { parseUrl } from './url.ts';

const resolve: Key<Record<string, readonly string[]>> = {
  read: (value, key) => {
    if (!isMap(value)) return { '*': texts.read(value, key) };
    return Object.fromEntries(Object.entries(value).map(([name, to]) => [name.toLowerCase(), texts.read(to, key)]));
  },
};

const proxy: Key<URL | 'env' | undefined> = {
  read: (value, key) => {
    const given = text.read(value, key);
    return given === 'env' ? 'env' : given === 'none' ? undefined : parseUrl(given);
  },
};

/** How the place is reached. */
export const routeKeys = {
  resolve,
  ip: { read: (value, key) => Number(oneOf('4', '6').read(value, key)) },
  addresses: oneOf('any', 'all', 'reachable'),
  proxy,
  down: flag,
} as const satisfies Record<string, Key>;

export const tlsKeys = {
  insecure: flag,
  ca: pem,
  certificate: pem,
  key: pem,
  'server-name': text,
  protocol: oneOf('1.2', '1.3'),
  'valid-for': duration,
} as const satisfies Record<string, Key>;

/** `host:port`, `[::1]:port`, `unix:/path`; `defaultPort` where none is written. */
export function placeOf(
  given: unknown,
  key: string,
  defaultPort?: number,
): { host: string; port: number; socket?: string } {
  const place = text.read(given, key);
  const socket = /^unix:(\/.+)$/.exec(place)?.[1];
  if (socket !== undefined) return { host: '', port: 0, socket };
  const match = /^(?:\[([^\]]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(place);
  const port = Number(match?.[3] ?? defaultPort);
  if (match === null || !(port >= 1 && port <= 65_535)) {
    return fail(`"${place}" is not HOST:PORT with a port from 1 to 65535, nor unix:/PATH`);
  }
  return { host: (match[1] ?? match[2])!, port };
}

const nameOf = (kind: string, { host, port, socket }: ReturnType<typeof placeOf>) =>
  `${kind} ${socket === undefined ? hostPort(host, port) : `unix:${socket}`}`;

/** `^` and `$` are those of a line. */
const said: Key<RegExp> = {
  read: (value, key) => {
    const { source, flags } = patternOf(text.read(value, key), key);
    return new RegExp(source, [...new Set([...flags, 'm'])].join(''));
  },
};

/** `send` and `expect` in turns: a map, or a list of maps. */
const dialogue: Key<readonly Turn[]> = {
  read: (value, key) => {
    const turns = Array.isArray(value) ? value : [value];
    return turns.map(turn => {
      if (!isMap(turn)) return fail(`"${key}" is not a list of maps with send, expect, starttls`);
      const unknown = Object.keys(turn).find(one => !['send', 'expect', 'starttls'].includes(one));
      if (unknown !== undefined)
        return fail(`"${key}" has the unknown key "${unknown}"; allowed: send, expect, starttls`);
      return {
        ...(turn['expect'] === undefined ? {} : { expect: said.read(turn['expect'], 'expect') }),
        ...(turn['send'] === undefined ? {} : { send: text.read(turn['send'], 'send') }),
        ...(turn['starttls'] === undefined ? {} : { starttls: flag.read(turn['starttls'], 'starttls') }),
      };
    });
  },
};

export const tcp: Form = {
  word: 'tcp',
  example: 'tcp db:5432 within 300ms',
  keys: { send: text, expect: said, dialogue, ...tlsKeys, ...routeKeys },
  make: (target, given) => tcpCheck(target, given),
};

export function tcpCheck(target: unknown, { send, expect, ...given }: Given = {}): TcpCheck {
  const place = placeOf(target, 'tcp');
  // A protocol where the client speaks first: send, then expect.
  const turns: Turn[] = [
    ...(send === undefined ? [] : [{ send: unescaped(send) }]),
    ...(expect === undefined ? [] : [{ expect }]),
  ];
  return {
    kind: 'tcp',
    name: nameOf('tcp', place),
    ...place,
    ...(turns.length === 0 ? {} : { dialogue: turns }),
    ...given,
  };
}

/** `\r\n` and `\n` of a short form, where no line can be ended. */
function unescaped(line: string): string {
  return line.replace(/\\r/g, '\r').replace(/\\n/g, '\n');
}

export const tls: Form = {
  word: 'tls',
  example: 'tls example.com:443 valid-for 14d',
  keys: { ...tlsKeys, ...routeKeys },
  make: (target, given): TlsCheck => {
    const place = placeOf(target, 'tls', 443);
    return { kind: 'tls', name: nameOf('tls', place), ...place, insecure: false, ...given };
  },
};

export const grpc: Form = {
  word: 'grpc',
  example: 'grpc host:50051 service my.Service tls',
  keys: {
    service: text,
    tls: flag,
    watch: flag,
    metadata: headerMap(headerValue),
    ...tlsKeys,
    ...routeKeys,
  },
  make: (target, given): GrpcCheck => {
    const place = placeOf(target, 'grpc');
    const service = given['service'] === undefined ? '' : ` ${given['service']}`;
    const defaults = { service: '', tls: false, watch: false, insecure: false, metadata: {} };
    return { kind: 'grpc', name: `${nameOf('grpc', place)}${service}`, ...place, ...defaults, ...given };
  },
};
