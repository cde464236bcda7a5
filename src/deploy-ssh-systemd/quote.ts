/** One word of sh, whatever is in it. */
export function shellWord(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** One argument of ExecStart=: quotes, specifiers (%) and variables ($) are taken literally (systemd.service(5)). */
export function quoteArgument(argument: string): string {
  const doubled = argument.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[A-Za-z0-9_./:=,@%+$-]+$/.test(argument)) return doubled;
  const escaped = doubled
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    // alone it begins another command; like this whoever checks the line need not know quotes
    .replaceAll(';', '\\x3b')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r')
    .replaceAll(/\p{Cc}/gu, char => (char < '\x80' ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char));
  return `"${escaped}"`;
}
