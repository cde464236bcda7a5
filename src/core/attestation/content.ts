import * as v from 'valibot';
import { readBundle } from './bundle.ts';

/** What a statement says it is about. */
export interface Content {
  readonly predicateType: string;
  /** `sha256:…` of its subjects. */
  readonly digests: readonly string[];
}

const Statement = v.looseObject({
  predicateType: v.string(),
  subject: v.array(v.looseObject({ digest: v.looseObject({ sha256: v.optional(v.string()) }) })),
});

/** Reads a statement (in-toto). Undefined: it is none. */
export function contentOf(payload: Buffer): Content | undefined {
  try {
    const { predicateType, subject } = v.parse(Statement, JSON.parse(payload.toString('utf8')));
    const digests = subject.flatMap(({ digest: { sha256 } }) => (sha256 === undefined ? [] : [`sha256:${sha256}`]));
    return { predicateType, digests };
  } catch {
    return undefined;
  }
}

/** The same of a bundle, or of a bare statement: what it says while nobody has looked who signed it. */
export function peek(bytes: Buffer): Content | undefined {
  try {
    return contentOf(readBundle(bytes, 'what is attached').payload);
  } catch {
    return contentOf(bytes);
  }
}
