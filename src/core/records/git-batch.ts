/**
 * What `git cat-file --batch` printed for so many objects: their texts, undefined for one that is missing. Undefined as a
 * whole when it does not fit together. Pure.
 */
export function readBatch(printed: string, count: number): (string | undefined)[] | undefined {
  const bytes = Buffer.from(printed);
  const texts: (string | undefined)[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf('\n', at);
    const header = bytes.toString('utf8', at, end < 0 ? bytes.length : end);
    at = end + 1;
    if (end < 0) return undefined;
    if (header.endsWith(' missing')) {
      texts.push(undefined);
      continue;
    }
    const [, size] = /^[0-9a-f]{40,64} blob (\d+)$/.exec(header) ?? [];
    if (size === undefined) return undefined;
    const next = at + Number(size);
    if (bytes[next] !== 0x0a) return undefined;
    texts.push(bytes.toString('utf8', at, next));
    at = next + 1;
  }
  return texts.length === count ? texts : undefined;
}
