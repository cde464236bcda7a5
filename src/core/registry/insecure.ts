import { SlipwayError } from '../errors.ts';
import { list, type Value } from '../values.ts';
import type { Insecure } from './endpoint.ts';

/** Which registries an input allows to be reached by plain HTTP. */
export const insecure: Value<Insecure> = {
  kind: '`true`, `false` or hosts',
  allowed: 'true, false, or the hosts (with :PORT) that are reached by plain HTTP',
  schema: { anyOf: [{ type: 'boolean' }, list.schema] },
  parse: raw => {
    if (/^(true|false)$/i.test(raw)) return raw.toLowerCase() === 'true';
    const hosts = list.parse(raw);
    for (const host of hosts) {
      if (/^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/.test(host)) continue;
      throw new SlipwayError('HOST_INVALID', `"${host}" is not a host`);
    }
    return hosts;
  },
};
