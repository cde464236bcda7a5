import { openNote, untrusted, type Verifier } from './note.ts';

/** A signed state of the log. */
export interface TreeHead {
  /** Leaves. */
  readonly size: number;
  readonly root: Buffer;
  /** The signed note that says so. */
  readonly note: string;
}

/** @throws SlipwayError CHECKSUM_DATABASE_UNTRUSTED */
export function openTreeHead(note: string, verifier: Verifier, from: string): TreeHead {
  const match = /^go\.sum database tree\n(\d+)\n(\S+)\n/.exec(openNote(note, verifier, from));
  const root = Buffer.from(match?.[2] ?? '', 'base64');
  if (match === null || root.length !== 32) throw untrusted(from, 'the signed text is no tree head');
  return { size: Number(match[1]), root, note };
}
