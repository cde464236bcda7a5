import type { Readable } from 'node:stream';
import type { Repository } from '../registry/reference.ts';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';

/** Content whose bytes can be read, more than once, from their first byte. */
export interface Blob {
  readonly descriptor: Descriptor;
  /** Opens the bytes; what comes from elsewhere is fetched and verified first. */
  readonly open: (signal: AbortSignal) => Promise<Readable>;
  /** Where a registry may already have it: then it is mounted instead of uploaded. */
  readonly origin?: Repository;
}

/** A manifest's exact bytes and what they refer to. */
export interface ManifestNode {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly blobs: readonly Blob[];
  /** Compressed bytes of the layers that are the base's, where that is known. */
  readonly base?: number;
}

/** One image for all platforms: the index, and everything below it. */
export interface ImageGraph {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly manifests: readonly ManifestNode[];
}

/** The bytes of a JSON document and their descriptor. Key order is insertion order: same object, same digest. */
export function encode(mediaType: string, document: object): { descriptor: Descriptor; bytes: Buffer } {
  return encodeBytes(mediaType, Buffer.from(JSON.stringify(document)));
}

/** Bytes that are there already, and their descriptor. */
export function encodeBytes(mediaType: string, bytes: Buffer): { descriptor: Descriptor; bytes: Buffer } {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** Every blob of the graph once, however many platforms share it. */
export function blobsOf(graph: ImageGraph): Blob[] {
  const all = graph.manifests.flatMap(manifest => manifest.blobs);
  return [...new Map(all.map(blob => [blob.descriptor.digest, blob])).values()];
}
