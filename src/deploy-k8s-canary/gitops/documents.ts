import { type Document, isMap, isScalar, parseAllDocuments, type Scalar } from 'yaml';
import { SlipwayError } from '../../core/errors.ts';

/** A manifest in git, as it is written: nodes know their places in the text. */
export interface Source {
  /** Path within the working tree, for people and for git. */
  readonly path: string;
  readonly text: string;
  readonly documents: readonly Document.Parsed[];
  /** Path of the one value that is the image, of `FILE#a.b`: a file that is no manifest, such as values for Helm. */
  readonly value?: readonly string[];
}

/** @throws RENDER_INVALID with the file and the line of what is no YAML */
export function sourceOf(path: string, text: string, value?: readonly string[]): Source {
  const documents = [...parseAllDocuments(text, { merge: true })];
  const problem = documents.flatMap(({ errors }) => errors)[0];
  if (problem !== undefined)
    throw new SlipwayError('RENDER_INVALID', `${path}: ${problem.message.split('\n')[0]}`, {
      hint: 'Correct the YAML; a template of Helm is none: name its values instead, FILE#PATH.OF.IMAGE. Nothing was changed.',
    });
  return { path, text, documents, ...(value === undefined ? {} : { value }) };
}

/** The documents that are an object of this kind and name. */
export function documentsOf({ documents }: Source, kind: string, name?: string): Document.Parsed[] {
  return documents.filter(
    one =>
      isMap(one.contents) &&
      one.getIn(['kind']) === kind &&
      (name === undefined || one.getIn(['metadata', 'name']) === name),
  );
}

/** A scalar that is written in one piece: not by an alias, and not as a block of lines. */
export function plainScalar(node: unknown): Scalar.Parsed | undefined {
  if (!isScalar(node) || node.range == null) return undefined;
  return node.type === 'PLAIN' || node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
    ? (node as Scalar.Parsed)
    : undefined;
}
