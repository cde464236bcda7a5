import { SlipwayError } from '../../core/errors.ts';
import { mapped, text, type Value } from '../../core/values.ts';

/** The ports of the two instances, blue's first. */
export type Ports = readonly [blue: number, green: number];

export type Colour = 'blue' | 'green';

export const ports: Value<Ports> = mapped(
  text,
  'two ports from 1024 on, such as 8081, 8082',
  raw => {
    const given = raw.split(/[\s,]+/).filter(Boolean);
    const [blue = 0, green = 0, ...more] = given.map(one => (/^\d{1,5}$/.test(one) ? Number(one) : 0));
    if (more.length > 0 || [blue, green].some(port => port < 1024 || port > 65_535)) throw invalid('it is not that');
    if (blue === green) throw invalid(`both are ${blue}: each instance has a port of its own`);
    return [blue, green];
  },
  'ports',
);

/** Whose turn it is when this one serves; empty: a service without colours, or none. */
export function nextColour(serving: Colour | ''): Colour {
  return serving === 'blue' ? 'green' : 'blue';
}

export function portOf([blue, green]: Ports, colour: Colour): number {
  return colour === 'blue' ? blue : green;
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('PORTS_INVALID', message);
}
