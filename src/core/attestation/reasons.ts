/** Whoever may push can attach a lot: so many reasons are told. */
const most = 10;

/** Reasons in one line: each once, with how often, and not all of very many. Pure. */
export function listReasons(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of reasons) counts.set(one, (counts.get(one) ?? 0) + 1);
  const told = [...counts].slice(0, most).map(([one, count]) => (count === 1 ? one : `${one} (${count} times)`));
  return [...told, ...(counts.size > most ? [`and ${counts.size - most} more`] : [])].join('; ');
}
