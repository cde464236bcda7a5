import { SlipwayError } from '../core/errors.ts';
import { lines, list, mapped, text, type Value } from '../core/values.ts';
import { parseOutput } from './outputs.ts';

/** An argument vector: a JSON array, or one argument a line. Never split at blanks. */
export const argv: Value<string[]> = {
  ...lines,
  kind: 'arguments',
  allowed: 'one argument a line, or a JSON array of texts',
  parse: raw => {
    if (!raw.startsWith('[')) return lines.parse(raw);
    const parsed: unknown = JSON.parse(raw);
    if (Array.isArray(parsed) && parsed.every(item => typeof item === 'string')) return parsed as string[];
    throw new SlipwayError('ARGV_INVALID', 'an item is not a text');
  },
};

export const ports = mapped(list, 'ports such as 8080 or 53/udp', items =>
  items.map(item => {
    const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(item) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw new SlipwayError('PORT_INVALID', `"${item}" is not a port`);
    return `${Number(port)}/${protocol}`;
  }),
);

export const user = mapped(text, 'a number or name, with :GROUP if wanted, such as 65532 or 1000:1000', raw => {
  if (!/^[a-z0-9_][a-z0-9_.-]*(:[a-z0-9_][a-z0-9_.-]*)?$/i.test(raw))
    throw new SlipwayError('USER_INVALID', 'it is not a user');
  return raw;
});

export const workdir = mapped(text, 'an absolute path', raw => {
  if (!raw.startsWith('/')) throw new SlipwayError('PATH_INVALID', 'it does not begin with "/"');
  return raw;
});

export const outputs = mapped(
  lines,
  'oci-layout:PATH, oci-archive:PATH.tar or docker-archive:PATH.tar, one a line',
  items => items.map(parseOutput),
);

export const sboms = mapped(list, '`cyclonedx`, `spdx`, both, or `none`', items => {
  const formats = ['cyclonedx', 'spdx'] as const;
  const wrong = items.find(item => item !== 'none' && !formats.some(format => format === item));
  if (wrong !== undefined || (items.includes('none') && items.length > 1))
    throw new SlipwayError('SBOM_INVALID', `"${wrong ?? items.join(',')}" is no format of an SBOM`);
  return formats.filter(format => items.includes(format));
});

export const sigstoreUrl = mapped(text, 'an http(s) URL', raw => {
  if (!/^https?:$/.test(URL.parse(raw)?.protocol ?? '')) throw new SlipwayError('URL_INVALID', 'it is no URL');
  return raw.replace(/\/+$/, '');
});

export const stopSignal = mapped(text, 'a signal such as SIGINT, SIGRTMIN+3 or 15', raw => {
  const signal = raw.toUpperCase();
  const number = /^\d+$/.test(signal) ? Number(signal) : undefined;
  if (number === undefined ? !/^SIG[A-Z][A-Z0-9]*([+-]\d+)?$/.test(signal) : number < 1 || number > 64)
    throw new SlipwayError('SIGNAL_INVALID', `"${raw}" is not a signal`);
  return signal;
});
