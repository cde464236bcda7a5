/**
 * The fields of one line of CSV (RFC 4180), as docker/metadata-action reads its rules: a field in double quotes may
 * hold commas, and `""` for a quote.
 */
export function fieldsOf(line: string): string[] {
  const fields = [...line.matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)"\s*|([^,]*))(?=,|$)/g)];
  return fields.map(([, quoted, plain]) =>
    (quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"')).trim(),
  );
}

/** `name=value` → its two sides; without `=` the name is undefined. The value may hold `=`. */
export function sidesOf(field: string): [name: string | undefined, value: string] {
  const at = field.indexOf('=');
  return at < 1 ? [undefined, field] : [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim()];
}
