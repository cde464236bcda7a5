import { parse as parseYaml } from 'yaml';
import { messageOf, SlipwayError } from './errors.ts';
import { parseWithNumbersAsWritten } from './exact-number.ts';
import { parseDuration, parseSize } from './units.ts';

/** How the text of an input becomes a typed value; one kind serves action.yml, slipway.yml and the JSON schema. */
export interface Value<T> {
  /** The kind's name in the README's table, e.g. `duration`. */
  readonly kind: string;
  /** What is allowed, for error messages: "a duration such as 30s". */
  readonly allowed: string;
  /** JSON schema of the value in slipway.yml. */
  readonly schema: object;
  /** Throws when the text is not of this kind; the caller adds the input's name. */
  parse(text: string): T;
  /** The text as an error may show it, where a part of it can be a secret. Default: as it is. */
  readonly show?: (text: string) => string;
}

/** Any text, kept as it is. */
export const text: Value<string> = {
  kind: 'text',
  allowed: 'text',
  schema: { type: ['string', 'number'] },
  parse: raw => raw,
};

/** One item a line; blank lines and lines that begin with `#` are left out. */
export const lines: Value<string[]> = {
  kind: 'lines',
  allowed: 'one item a line',
  schema: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: ['string', 'number'] } }] },
  parse: raw =>
    raw
      .split('\n')
      .map(line => line.trim())
      .filter(line => line !== '' && !line.startsWith('#')),
};

/** Items separated by commas or line ends. */
export const list: Value<string[]> = {
  ...lines,
  kind: 'list',
  allowed: 'items separated by commas or line ends',
  parse: raw => lines.parse(raw.replaceAll(',', '\n')),
};

/** `NAME=value`, one a line; the value may hold `=`. */
export const pairs: Value<Record<string, string>> = {
  kind: 'NAME=value lines',
  allowed: 'NAME=value, one a line',
  schema: {
    oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }],
  },
  parse: raw =>
    raw.startsWith('{')
      ? mapOf(raw)
      : Object.fromEntries(
          lines.parse(raw).map(line => {
            const at = line.indexOf('=');
            if (at < 1) throw new SlipwayError('PAIR_INVALID', `"${line}" has no NAME= in front`);
            return [line.slice(0, at).trim(), line.slice(at + 1)];
          }),
        ),
};

export const bool: Value<boolean> = {
  kind: 'boolean',
  allowed: 'true or false',
  schema: { type: 'boolean' },
  parse: raw => {
    if (/^true$/i.test(raw)) return true;
    if (/^false$/i.test(raw)) return false;
    throw new SlipwayError('BOOLEAN_INVALID', `"${raw}" is neither true nor false`);
  },
};

/** A whole number from `min` to `max`. */
export function int(min: number, max: number): Value<number> {
  return {
    kind: 'whole number',
    allowed: `a whole number from ${min} to ${max}`,
    schema: { type: 'integer', minimum: min, maximum: max },
    parse: raw => {
      const value = Number(raw);
      if (!/^-?\d+$/.test(raw) || value < min || value > max)
        throw new SlipwayError('NUMBER_INVALID', `"${raw}" is out of range`);
      return value;
    },
  };
}

/** A number from `min` to `max`, e.g. a probability. */
export function number(min: number, max: number): Value<number> {
  return {
    kind: 'number',
    allowed: `a number from ${min} to ${max}`,
    schema: { type: 'number', minimum: min, maximum: max },
    parse: raw => {
      const value = Number(raw);
      if (raw.trim() === '' || !(value >= min && value <= max))
        throw new SlipwayError('NUMBER_INVALID', `"${raw}" is out of range`);
      return value;
    },
  };
}

/** Milliseconds; written with a unit. */
export const duration: Value<number> = {
  kind: 'duration',
  allowed: 'a duration with its unit, such as 300ms, 30s or 1m30s',
  schema: { type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' },
  parse: parseDuration,
};

/** Bytes; written with a unit. */
export const size: Value<number> = {
  kind: 'size',
  allowed: 'a size with its unit, such as 64MiB or 1.5GB',
  schema: { type: 'string' },
  parse: parseSize,
};

/** One of a few words. */
export function choice<const T extends string>(...allowed: T[]): Value<T> {
  return {
    kind: allowed.map(word => `\`${word}\``).join(', '),
    allowed: `one of ${allowed.join(', ')}`,
    schema: { enum: allowed },
    parse: raw => {
      const found = allowed.find(word => word === raw);
      if (found === undefined) throw new SlipwayError('CHOICE_INVALID', `"${raw}" is not among them`);
      return found;
    },
  };
}

/** YAML text of any shape (in slipway.yml: the value itself); `read` checks it and gives it its type. */
export function yaml<T>(allowed: string, schema: object, read: (data: unknown) => T): Value<T> {
  return {
    kind: 'YAML',
    allowed,
    schema,
    parse: raw => {
      let data: unknown;
      try {
        data = parseYaml(raw);
      } catch (error) {
        throw new SlipwayError('YAML_INVALID', `not valid YAML: ${messageOf(error).split('\n')[0]}`, { cause: error });
      }
      return read(data);
    },
  };
}

/** Maps the parsed value further, keeping kind and schema: for references, targets, steps. */
export function mapped<A, B>(base: Value<A>, allowed: string, read: (value: A) => B, kind = base.kind): Value<B> {
  return { kind, allowed, schema: base.schema, parse: raw => read(base.parse(raw)) };
}

/** A map of slipway.yml reaches an input as JSON; `VERSION: 1.20` keeps its zero, a value left empty is empty. */
function mapOf(raw: string): Record<string, string> {
  const map = parseWithNumbersAsWritten(raw) as Record<string, unknown>;
  const entries = Object.entries(map).map(([name, value]) => {
    if (typeof value === 'object' && value !== null)
      throw new SlipwayError('PAIR_INVALID', `"${name}" is a list or a map, not a text`);
    return [name, String(value ?? '')];
  });
  return Object.fromEntries(entries);
}
