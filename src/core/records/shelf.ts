/** What is put on a shelf: documents under ids, and the files that releases consist of. */
export type Kind = 'releases' | 'entries';

/** A file of a release, known by its content. */
export interface Content {
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** A place that keeps documents: a folder, a registry, a branch. It never changes one that is there. */
export interface Shelf {
  /** For people. */
  readonly place: string;
  /** Ids of the documents of a kind, in any order. */
  list(kind: Kind): Promise<string[]>;
  /** @returns undefined when there is none */
  read(kind: Kind, id: string): Promise<string | undefined>;
  /**
   * Adds a document, whole or not at all, and the files that it speaks of before it.
   *
   * @returns false when there is one with this id, which is left as it is
   */
  add(kind: Kind, id: string, text: string, files: readonly (Content & { readonly path: string })[]): Promise<boolean>;
  /** Writes a file's bytes to a path; whoever asks checks them. */
  fetch(release: string, file: Content, path: string): Promise<void>;
}

/** An id as a file or tag may be named: letters, digits, `.` and `-` stay; all else is `_` and its code in hex. */
export function encodeId(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9.-]/g, one => `_${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function decodeId(name: string): string {
  return name.replaceAll(/_([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}
