import type { Readable } from 'node:stream';
import type { Repository } from '../registry/reference.ts';
import type { Descriptor } from './descriptor.ts';

/** Where an existing image is read from: a repository of a registry, or an OCI layout. */
export interface ImageSource {
  /** For messages. */
  readonly name: string;
  /** Present when it is a registry: its blobs can be mounted. */
  readonly repository?: Repository;
  /** Reads a manifest or index by digest, or by tag; its bytes are verified. */
  readonly manifest: (reference: string, signal: AbortSignal) => Promise<{ descriptor: Descriptor; bytes: Buffer }>;
  /** Reads a small blob whole, and verified. */
  readonly read: (descriptor: Descriptor, signal: AbortSignal) => Promise<Buffer>;
  /** Opens a blob; the stream fails at its end unless the bytes are what the descriptor says. */
  readonly blob: (descriptor: Descriptor, signal: AbortSignal) => Promise<Readable>;
}
