/** One argument of ExecStart=: quotes, specifiers (%) and variables ($) are taken literally (systemd.service(5)). */
export function quoteArgument(argument: string): string {
  const doubled = argument.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[A-Za-z0-9_./:=,@%+$-]+$/.test(argument)) return doubled;
  const escaped = doubled
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}
