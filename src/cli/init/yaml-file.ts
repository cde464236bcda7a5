import { isNode, LineCounter, parseAllDocuments } from 'yaml';
import type { Tree } from '../../core/tree.ts';

/** One document of a YAML file, and where each part of it stands. */
export interface YamlDocument {
  readonly file: string;
  // biome-ignore lint/suspicious/noExplicitAny: what stands in a file of somebody else can be anything
  readonly data: any;
  /** `deployment.yaml:12` of the value that a path names. */
  readonly at: (...path: (string | number)[]) => string;
}

/** The documents of a file; none where it is not YAML: templates are not. */
export async function documentsOf(tree: Tree, file: string): Promise<YamlDocument[]> {
  const text = await tree.read(file);
  if (text.includes('{{')) return [];
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, merge: true, logLevel: 'silent' });
  if (!Array.isArray(documents)) return [];
  return documents
    .filter(({ errors }) => errors.length === 0)
    .map(document => ({
      file,
      data: document.toJS() ?? {},
      at: (...path) => {
        const node = document.getIn(path, true);
        const offset = isNode(node) ? node.range?.[0] : undefined;
        return offset === undefined ? file : `${file}:${lineCounter.linePos(offset).line}`;
      },
    }));
}
