import { type Document, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { messageOf, SlipwayError } from './errors.ts';
import { exactNumber } from './exact-number.ts';

export type ConfigPath = readonly (string | number)[];

/** A config file as data, and where each part of it stands. */
export interface ConfigDocument {
  readonly data: unknown;
  /** `slipway.yml:12`, of the part that a path names, or of the nearest one around it. */
  readonly at: (path: ConfigPath) => string;
}

/** Reads the YAML of a config file; a number is kept as it was written: `1.20` is no `1.2`. */
export function readDocument(text: string, file: string): ConfigDocument {
  const lineCounter = new LineCounter();
  // `<<: *web` lets deployments share what they have in common.
  const document = parseDocument(text, { prettyErrors: true, lineCounter, merge: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw invalid(file, problem.message.split('\n')[0]!.replace(/:$/, ''));
  keepNumbers(document);
  try {
    return { data: document.toJS(), at: path => placeOf(document, lineCounter, file, path) };
  } catch (error) {
    throw invalid(file, messageOf(error)); // an alias without its anchor, or one that unfolds without end
  }
}

function keepNumbers(document: Document.Parsed): void {
  visit(document, {
    Scalar: (key, node) => {
      if (typeof node.value === 'number' && node.source !== undefined && String(node.value) !== node.source)
        node.value = key === 'key' ? node.source : exactNumber(node.source);
    },
  });
}

function placeOf(document: Document.Parsed, lines: LineCounter, file: string, path: ConfigPath): string {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return `${file}:${lines.linePos(offset).line}`;
  }
  return file;
}

/** Where the key stands, because its value may begin lines later; of a list's item, where the item does. */
function offsetOf(document: Document.Parsed, path: ConfigPath): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const items = (parent as { items?: { key?: unknown }[] } | undefined)?.items ?? [];
  const last = path.at(-1);
  const pair = items.find(({ key }) => isNode(key) && String(key) === String(last));
  const node = pair?.key ?? document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

/** An error about the file; nothing has been changed when it is thrown. */
export function invalid(place: string, why: string): SlipwayError {
  return new SlipwayError('CONFIG_INVALID', `${place}: ${why}`, {
    hint: 'Nothing was changed. Correct the file and run again.',
  });
}
