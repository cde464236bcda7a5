import { relative } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { sha256File } from '../core/files.ts';
import type { Candidate } from './candidate.ts';
import type { HostFacts } from './facts.ts';
import { type Packing, pack } from './packing.ts';

/** A file for the store of a host. */
export interface Blob {
  /** Its name there: sha256, and `.MODE` where that is not 755. */
  readonly name: string;
  readonly sha256: string;
  /** Octal. */
  readonly mode: string;
  /** Below the release's folder. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Absolute, on this machine. */
  readonly source: string;
}

/** The binary and the extra files of a release. */
export function blobsOf({ artifact, files }: Candidate, service: string): Blob[] {
  const all = [
    { path: service, mode: '755', sha256: artifact.sha256, size: artifact.size, source: artifact.path },
    ...files.map(file => ({ ...file, path: `files/${file.path}` })),
  ];
  return all.map(one => ({ ...one, name: one.mode === '755' ? one.sha256 : `${one.sha256}.${one.mode}` }));
}

/** Those that a host does not have, each once. */
export function missingBlobs(candidate: Candidate, facts: HostFacts): Blob[] {
  const missing = blobsOf(candidate, '').filter(one => !facts.blobs.includes(one.name));
  return [...new Map(missing.map(one => [one.name, one])).values()];
}

/** Bytes of a file that are read, compressed and sent at a time: what memory and a cut connection cost. */
const pieceSize = 1 << 20;
/** Compressed bytes that are kept for the next host. */
const keptBytes = 64e6;
/** The host reads blocks: a part of whole ones takes it one program, any other takes two. */
const block = 65_536;

/** The pieces of files, compressed once for all hosts. */
export class Pieces {
  readonly #kept = new Map<string, Promise<Buffer>>();
  #bytes = 0;

  /** The bytes from `from` to the end of their piece, compressed. */
  of(blob: Blob, from: number, packing: Packing): Promise<Buffer> {
    const key = `${blob.sha256} ${from} ${packing}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const made = pack(blob.source, from, pieceEnd(blob, from) - from, packing);
    this.#kept.set(key, made);
    made.then(
      piece => {
        this.#bytes += piece.length;
        if (this.#bytes > keptBytes) this.#forget(key, piece.length);
      },
      () => this.#kept.delete(key),
    );
    return made;
  }

  /** Packs how it begins, as it will probably be sent. */
  ahead(blob: Blob, count: number, packing: Packing): void {
    for (let at = 0, made = 0; at < blob.size && made < count; at = pieceEnd(blob, at), made++)
      this.of(blob, at, packing).catch(() => undefined);
  }

  #forget(key: string, bytes: number): void {
    this.#kept.delete(key);
    this.#bytes -= bytes;
  }
}

function pieceEnd({ size }: Blob, from: number): number {
  return Math.min(size, (Math.floor(from / pieceSize) + 1) * pieceSize);
}

/**
 * What the agent's request "upload" takes: the files one after another, each from where it was cut, in pieces that are
 * compressed while the ones before are sent.
 *
 * @param packing what the host can unpack
 * @param sent is told the compressed bytes
 * @param unwanted whether the host will not take it: then it comes to its end at once
 */
export async function* stream(
  blobs: readonly Blob[],
  uploaded: ReadonlyMap<string, number>,
  pieces: Pieces,
  packing: Packing,
  sent: (bytes: number) => void,
  unwanted: () => boolean = () => false,
): AsyncGenerator<Buffer> {
  for (const blob of blobs) {
    const begun = uploaded.get(blob.name) ?? 0;
    // one that is longer than the file is no part of it
    const from = begun <= blob.size ? begun : 0;
    yield Buffer.from(`${blob.name} ${from} ${blob.size} ${packing}\n`);
    for await (const part of wholeBlocks(piecesFrom(from, blob, pieces, packing, unwanted))) {
      const length = part.reduce((sum, bytes) => sum + bytes.length, 0);
      sent(length);
      yield Buffer.from(`${length}\n`);
      yield* part.filter(bytes => bytes.length > 0);
    }
    yield Buffer.from('0\n');
  }
  yield Buffer.from('end\n');
}

async function* piecesFrom(
  from: number,
  blob: Blob,
  pieces: Pieces,
  packing: Packing,
  unwanted: () => boolean,
): AsyncGenerator<Buffer> {
  for (let at = from; at < blob.size && !unwanted(); at = pieceEnd(blob, at)) {
    const piece = pieces.of(blob, at, packing);
    // the next two are made while this one is on its way
    for (let ahead = pieceEnd(blob, at), made = 0; ahead < blob.size && made < 2; ahead = pieceEnd(blob, ahead), made++)
      pieces.of(blob, ahead, packing).catch(() => undefined);
    yield await piece;
  }
}

/** The same bytes: all parts but the last are whole blocks. Nothing is copied, as the pieces are those of all hosts. */
async function* wholeBlocks(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const over = (rest.length + piece.length) % block;
    if (over > piece.length) rest = Buffer.concat([rest, piece]);
    else {
      const whole = piece.subarray(0, piece.length - over);
      if (rest.length + whole.length > 0) yield [rest, whole];
      rest = piece.subarray(piece.length - over);
    }
  }
  if (rest.length > 0) yield [rest];
}

/** @throws BINARY_CHANGED when a file is not what was read or recorded before */
export async function mustBeAsBefore(blobs: readonly Blob[], directory: string, signal: AbortSignal): Promise<void> {
  for (const { source, sha256 } of blobs) {
    if ((await sha256File(source, signal)) === sha256) continue;
    throw new SlipwayError('BINARY_CHANGED', `${relative(directory, source)} has not the sha256 that the record says`, {
      hint: 'It was changed after the build, or the artifact was damaged: build again.',
    });
  }
}

/** The listing and the parts, as the agent's request "release" takes them. */
export function releaseData(
  candidate: Candidate,
  service: string,
): { readonly listing: Buffer; readonly parts: Buffer } {
  const parts = candidate.parts.map(one => ({ ...one, bytes: Buffer.from(one.content) }));
  const lines = [
    ...parts.map(({ mode, bytes, path }) => `part ${mode} ${bytes.length} ${path}`),
    ...blobsOf(candidate, service).map(({ mode, name, path }) => `blob ${mode} ${name} ${path}`),
  ];
  return { listing: Buffer.from(`${lines.join('\n')}\n`), parts: Buffer.concat(parts.map(one => one.bytes)) };
}
