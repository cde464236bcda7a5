import { readFileSync } from 'node:fs';
import { SlipwayError } from '../../errors.ts';
import { isMap } from '../../is-map.ts';
import { parseDuration } from '../../units.ts';

/** A check as YAML gives it, or as its short form is read into. */
export type Item = Readonly<Record<string, unknown>>;

/** How the value of a key is read. */
export interface Key<T = unknown> {
  readonly read: (value: unknown, key: string) => T;
  /** May be given several times in a short form. */
  readonly many?: true;
  /** Needs no value in a short form. */
  readonly bare?: true;
}

export function fail(message: string): never {
  throw new SlipwayError('CHECK_INVALID', message, {
    hint: 'The README of verify-health lists the kinds of checks and their keys.',
  });
}

function textOf(value: unknown, key: string): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return fail(`"${key}" is not text`);
}

const listOf = (value: unknown, key: string) => (Array.isArray(value) ? value : [value]).map(one => textOf(one, key));

export const text: Key<string> = { read: textOf };
export const texts: Key<string[]> = { read: listOf, many: true };
export const duration: Key<number> = { read: (value, key) => parseDuration(textOf(value, key)) };
export const flag: Key<boolean> = {
  bare: true,
  read: (value, key) => {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    return fail(`"${key}" is ${JSON.stringify(value)}; allowed: true or false`);
  },
};

export function count(min: number, max: number): Key<number> {
  return {
    read: (value, key) => {
      const given = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
      if (Number.isInteger(given) && Number(given) >= min && Number(given) <= max) return Number(given);
      return fail(`"${key}" is ${JSON.stringify(value)}; allowed: a whole number from ${min} to ${max}`);
    },
  };
}

export const amount: Key<number> = {
  read: (value, key) => {
    const given = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof given === 'number' && Number.isFinite(given)
      ? given
      : fail(`"${key}" is ${JSON.stringify(value)}; allowed: a number`);
  },
};

export function oneOf<const T extends string>(...allowed: T[]): Key<T> {
  return {
    read: (value, key) =>
      allowed.find(one => one.toLowerCase() === textOf(value, key).toLowerCase()) ??
      fail(`"${key}" is ${JSON.stringify(value)}; allowed: ${allowed.join(', ')}`),
  };
}

/** Regular expressions as JavaScript has them; `(?i)` in front makes one ignore case, as in Go. */
export const patterns: Key<RegExp[]> = {
  many: true,
  read: (value, key) => listOf(value, key).map(one => patternOf(one, key)),
};

export function patternOf(source: string, key: string): RegExp {
  const [, flags = '', rest = source] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(source) ?? [];
  try {
    return new RegExp(rest, flags);
  } catch (error) {
    return fail(`"${key}" is no regular expression: ${(error as Error).message}`);
  }
}

/** The text of a PEM file that is named by its path; PEM itself is taken as well. */
export const pem: Key<string> = {
  read: (value, key) => {
    const given = textOf(value, key);
    if (given.startsWith('-----BEGIN')) return given;
    try {
      return readFileSync(given, 'utf8');
    } catch (error) {
      return fail(`"${key}": the file ${given} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  },
};

/** A map of headers' names to what `read` makes of the values; `Name: value` in a short form. */
export function headerMap<T>(
  read: (value: string, key: string) => T,
  name = (text: string) => text.toLowerCase(),
): Key<Record<string, T>> {
  return {
    many: true,
    read: (value, key) => {
      const entries = isMap(value)
        ? Object.entries(value)
        : listOf(value, key).map(line => {
            const at = line.indexOf(':');
            return at < 1
              ? fail(`"${key}" is not a map of names to values`)
              : [line.slice(0, at), line.slice(at + 1).trim()];
          });
      return Object.fromEntries(
        entries.map(([given, content]) => {
          const header = String(given);
          if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) fail(`"${header}" is not the name of a header`);
          return [name(header), read(textOf(content, `${key}.${header}`), header)];
        }),
      );
    },
  };
}

/** What a header can carry. */
export function headerValue(line: string, name: string): string {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(line)) {
    fail(`the value of the header "${name}" holds a line end or a character that headers cannot carry`);
  }
  return line;
}

/** Whole numbers and ranges: `0`, `0,2`, `1-9`. */
export const numbers: Key<readonly (readonly [number, number])[]> = {
  read: (value, key) =>
    listOf(value, key)
      .join(',')
      .split(',')
      .map(part => {
        const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim());
        if (match === null) return fail(`"${key}" is ${JSON.stringify(value)}; allowed: 0, 0,2 or 1-9`);
        return [Number(match[1]), Number(match[2] ?? match[1])] as const;
      }),
};
