import { Document, isMap, type YAMLMap } from 'yaml';

/** The first lines of every generated file, as a comment. */
export const written = 'Written by `slipway observe`. Change what you like: a rerun keeps your changes.';

/**
 * YAML with comments: above the whole, and above parts.
 *
 * @param notes by the path of the part
 */
export function yamlText(
  data: object,
  head: readonly string[],
  notes: readonly (readonly [path: readonly (string | number)[], note: string])[] = [],
): string {
  const document = new Document(data, { aliasDuplicateObjects: false });
  document.commentBefore = comment([written, ...head]);
  for (const [path, note] of notes) {
    const parent = document.getIn(path.slice(0, -1), true);
    const last = path.at(-1)!;
    // a key's comment stands above the key; above an item of a list, the item's own
    const node = isMap(parent) ? keyOf(parent, String(last)) : document.getIn(path, true);
    (node as { commentBefore?: string }).commentBefore = comment([note]);
  }
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function keyOf(map: YAMLMap, name: string): unknown {
  const pair = map.items.find(({ key }) => String(key) === name)!;
  return pair.key;
}

const comment = (lines: readonly string[]) => lines.map(line => ` ${line}`).join('\n');
