import { isIP } from 'node:net';
import { SlipwayError } from '../core/errors.ts';
import { parseChecks } from '../core/health/index.ts';
import type { Become } from '../core/host-agent/become.ts';
import { choice, lines, mapped, pairs, text, type Value } from '../core/values.ts';
import { parseShare, type Share } from './pace.ts';
import type { Layout } from './settings.ts';

/** How the agent becomes root. */
export const become: Value<Become> = choice('auto', 'agent', 'sudo-shell', 'none');

/** How a host keeps services and releases. */
export const layout: Value<Layout> = choice('systemd', 'dsm', 'nfs');

const serviceForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/;
/** The binary lies in the release's folder under the service's name, beside these. */
const otherParts = [
  'system',
  'unit',
  'on-share',
  'port-blue',
  'port-green',
  'drop-in',
  'socket',
  'timer',
  'launch',
  'container-image',
  'container-engine',
  'environment',
  'credentials',
  'files',
  'release.json',
];

/** A service's name, without `.service`. What systemd or a shell could read as something else is no name. */
export const serviceName: Value<string> = mapped(
  text,
  `a name of letters, digits, dot, dash and underscore, at most 60, not beginning with slipway- and none of ${otherParts.join(', ')}`,
  raw => {
    const name = raw.replace(/\.service$/, '');
    if (
      !serviceForm.test(name) ||
      name.startsWith('slipway-') ||
      otherParts.includes(name) ||
      /\.(socket|timer|target|mount|path|slice|scope|device|swap)$/.test(name)
    )
      throw new SlipwayError('SERVICE_INVALID', 'it is not a service name');
    return name;
  },
  'name',
);

const systemFolders = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/srv',
  '/sys',
  '/tmp',
  '/usr',
  '/var',
];

/** Where the releases of a service lie on the host; hidden from no service, so not below what the unit makes invisible. */
export const serviceDirectory: Value<string> = mapped(
  text,
  'an absolute path of letters, digits, dot, dash and underscore, at least two folders deep, not below /home, /root, /run, /tmp, /dev, /proc or /sys; or ~/… for a service of the user’s own',
  raw => {
    const path = raw.replace(/\/$/, '');
    if (/^~(\/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$/.test(path) && !/\/\.\.?(\/|$)/.test(path) && path.length <= 200)
      return path;
    const plain = /^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*){2,}$/.test(path) && path.length <= 200;
    if (!plain || systemFolders.includes(path) || /^\/(home|root|run|tmp|dev|proc|sys)\//.test(path))
      throw new SlipwayError('DIRECTORY_INVALID', 'it cannot be used');
    return path;
  },
  'path',
);

/** A user of the host as sudoers can name it. */
export const agentUser: Value<string> = mapped(
  text,
  'the name of a user on the host other than root',
  raw => {
    if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(raw) || raw === 'root')
      throw new SlipwayError('USER_INVALID', 'it cannot be used');
    return raw;
  },
  'user',
);

/** What is sent as one line of standard input. */
export const oneLine: Value<string> = mapped(text, 'text of one line', raw => {
  if (/[\n\r\0]/.test(raw)) throw new SlipwayError('TEXT_INVALID', 'it has more than one line');
  return raw;
});

/** `dynamic`, or a user that exists on the host. */
export const runAs: Value<string> = mapped(
  text,
  '`dynamic`, or the name of a user on the host other than root',
  raw => {
    if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(raw) || raw === 'root')
      throw new SlipwayError('USER_INVALID', 'it cannot be used');
    return raw;
  },
  '`dynamic` or user',
);

/** A port, or an address whose port counts: `8080`, `:8080`, `127.0.0.1:8080`. */
export interface Listen {
  /** What a socket of systemd listens on (`ListenStream=`). */
  readonly stream: string;
  /** Where the host itself reaches the service. */
  readonly host: string;
  readonly port: number;
  /** A loopback address was written: nothing reaches it from other machines. */
  readonly loopback?: true;
}

export const listen: Value<Listen> = mapped(
  text,
  'a port such as 8080 or an address such as 127.0.0.1:8080 or [::1]:8080',
  raw => {
    const match = /^(?:(\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:.]+\])?:)?(\d{1,5})$/.exec(raw);
    const host = match?.[1]?.replaceAll(/[[\]]/g, '') ?? '127.0.0.1';
    const port = Number(match?.[2] ?? 0);
    if (port < 1 || port > 65_535 || isIP(host) === 0)
      throw new SlipwayError('LISTEN_INVALID', 'it is neither a port nor an address with one');
    const loopback = match?.[1] !== undefined && (host === '::1' || host.startsWith('127.'));
    return {
      host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host,
      port,
      stream: match?.[1] === undefined ? String(port) : raw,
      ...(loopback ? { loopback } : {}),
    };
  },
  'port or address',
);

/** Variables of the service. Names keep their case; values may hold anything but NUL. */
export const environment: Value<Record<string, string>> = mapped(pairs, 'NAME=value, one a line', map => {
  for (const [name, value] of Object.entries(map)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new SlipwayError('VARIABLE_INVALID', `${JSON.stringify(name)} is not a variable's name`);
    if (value.includes('\0')) throw new SlipwayError('VARIABLE_INVALID', `the value of ${name} holds a NUL`);
  }
  return map;
});

/** A file below the service's own folder in /run. */
export const pidFile: Value<string> = mapped(
  text,
  'a path below /run, such as /run/hello/hello.pid',
  raw => {
    if (!/^\/run(\/[A-Za-z0-9_][A-Za-z0-9_.-]*){2,}$/.test(raw) || raw.length > 200)
      throw new SlipwayError('PATH_INVALID', 'it cannot be used');
    return raw;
  },
  'path',
);

/** A number of hosts, or a share of all. */
export const share: Value<Share> = mapped(
  text,
  'a number of hosts such as 2, or a share such as 25%',
  parseShare,
  'number or share',
);

/** An argument vector: a JSON array, or one argument a line. Never split at blanks. */
export const args: Value<string[]> = mapped(
  text,
  'one argument a line, or a JSON array of texts',
  raw => {
    const given: unknown = raw.trim().startsWith('[') ? JSON.parse(raw) : lines.parse(raw);
    if (Array.isArray(given) && given.every(item => typeof item === 'string' && !item.includes('\0')))
      return given as string[];
    throw new SlipwayError('ARGS_INVALID', 'an item is not a text');
  },
  'arguments',
);

/** Checks of the gate, in the short form or as a YAML list. */
export const healthChecks = mapped(
  text,
  'one check a line, such as `http://127.0.0.1:8080/healthz 200 within 300ms` or `tcp 127.0.0.1:8080`, or a YAML list of them',
  parseChecks,
  'checks',
);
