import type { Blob } from '../oci/graph.ts';
import { Chunks } from './chunks.ts';
import { resolveLocation } from './endpoint.ts';
import { RegistryError } from './failure.ts';
import type { Session } from './session.ts';
import type { Incoming } from './transport.ts';

/** Bytes; a blob that has more is uploaded in chunks of this size. */
export const largestWhole = 64 * 1024 * 1024;

/** An upload that a registry has begun. */
export interface Upload {
  /** Where the next bytes go. */
  readonly url: URL;
  /** Bytes that a chunk must have at least, except the last (`OCI-Chunk-Min-Length`). */
  readonly least: number;
}

/** What all requests of one upload share. */
export interface Uploading {
  readonly session: Session;
  /** For errors: "uploading sha256:… to ghcr.io/acme/hello". */
  readonly doing: string;
  readonly scopes: readonly string[];
  readonly blob: Blob;
  /** The path of the blob at the registry, for the question whether it has arrived. */
  readonly path: string;
}

/** Why an upload did not come to its end though the registry is well: it must be begun anew. */
export class UploadLost extends RegistryError {
  /** Whether the registry does not take chunks: then the blob must go whole. */
  readonly whole: boolean;

  constructor({ code, message, status, hint = '', reasons }: RegistryError, whole: boolean) {
    super(code, message, { status, hint, reasons, passing: false });
    this.whole = whole;
  }
}

/** Reads the answer to the beginning of an upload. */
export async function begun(answer: Incoming): Promise<Upload> {
  await answer.discard();
  const least = Number(answer.headers['oci-chunk-min-length'] ?? 0);
  return {
    url: resolveLocation(answer.headers.location ?? '', answer.url),
    least: Number.isSafeInteger(least) ? least : 0,
  };
}

const type = { 'content-type': 'application/octet-stream' };

/** One PUT with all bytes. */
export async function uploadWhole(
  { session, scopes, blob }: Uploading,
  { url }: Upload,
  signal: AbortSignal,
): Promise<void> {
  const body = { size: blob.descriptor.size, open: () => blob.open(signal) };
  const put = { method: 'PUT', url: closing(url, blob), scopes, headers: type, body, accept: [201, 204] } as const;
  try {
    await (await session.attempt(put, signal)).discard();
  } catch (error) {
    const found = lost(error, [404, 416]);
    throw found instanceof UploadLost ? again(found) : found;
  }
}

/**
 * A PATCH for each chunk, and a PUT at the end. After a broken connection or a 416 the registry is asked how much it has,
 * and gets the rest. Each chunk has tries of its own.
 *
 * @param within milliseconds for one chunk with all its tries
 * @throws UploadLost when the registry no longer knows the upload, or takes no chunks
 */
export async function uploadInChunks(
  uploading: Uploading,
  upload: Upload,
  chunk: number,
  within: number,
  signal: AbortSignal,
): Promise<void> {
  const { session, doing, scopes, blob } = uploading;
  const { size } = blob.descriptor;
  const step = Math.max(chunk, upload.least);
  let at: Place = { url: upload.url, offset: 0 };
  using chunks = new Chunks(blob, signal);
  while (at.offset < size) {
    let sure = true;
    await losing(session, `${doing}, from byte ${at.offset}`, within, signal, async limited => {
      if (!sure) at = await placeOf(uploading, at, limited);
      sure = false;
      const { url, offset } = at;
      const length = Math.min(step, size - offset);
      if (length <= 0) return;
      const headers = { ...type, 'content-range': `${offset}-${offset + length - 1}` };
      const body = { size: length, open: async () => chunks.open(offset, length, limited) };
      const patch = { method: 'PATCH', url, scopes, headers, body, accept: [202, 204] } as const;
      try {
        at = await placed(await session.attempt(patch, limited), offset + length);
      } catch (error) {
        if (error instanceof RegistryError && error.status === 416 && !at.guessed) throw again(error);
        throw lost(error, [404, 416], offset === 0 ? [400, 405, 411, 501] : []);
      }
    });
  }
  await close(uploading, at.url, within, signal);
}

interface Place {
  readonly url: URL;
  /** Bytes that the registry has. */
  readonly offset: number;
  /** The registry could not say it: so much it had before the last try. */
  readonly guessed?: boolean;
}

/** Asks how much has arrived. Of a registry that cannot say it we suppose that the last try left nothing there. */
async function placeOf({ session, scopes }: Uploading, { url, offset }: Place, signal: AbortSignal): Promise<Place> {
  try {
    return await placed(await session.attempt({ method: 'GET', url, scopes, accept: [202, 204] }, signal), offset);
  } catch (error) {
    if (error instanceof RegistryError && [400, 405, 501].includes(error.status)) return { url, offset, guessed: true };
    throw lost(error, [404, 416]);
  }
}

/** `Range: 0-1023` means 1024 bytes. Registries say `0-0` when they have none; with a single byte they would too. */
async function placed(answer: Incoming, otherwise: number): Promise<Place> {
  await answer.discard();
  const [, end] = /^(?:bytes=)?0-(\d+)$/.exec(String(answer.headers['range'] ?? '')) ?? [];
  const url = answer.headers.location === undefined ? answer.url : resolveLocation(answer.headers.location, answer.url);
  return { url, offset: end === undefined ? otherwise : end === '0' ? 0 : Number(end) + 1 };
}

/** The last request. When its answer was lost, the blob is there and the upload is not. */
async function close(uploading: Uploading, url: URL, within: number, signal: AbortSignal): Promise<void> {
  const { session, doing, scopes, blob, path } = uploading;
  let sure = true;
  await losing(session, doing, within, signal, async limited => {
    if (!sure) {
      const there = await session.attempt({ method: 'HEAD', url: path, scopes, accept: [200, 404] }, limited);
      await there.discard();
      if (there.status === 200) return;
    }
    sure = false;
    try {
      const put = { method: 'PUT', url: closing(url, blob), scopes, headers: type, accept: [201, 204] } as const;
      await (await session.attempt(put, limited)).discard();
    } catch (error) {
      throw lost(error, [404, 416]);
    }
  });
}

/** Tries again what may pass; a lost upload is not tried again here. */
async function losing(
  session: Session,
  doing: string,
  within: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const ended = await session.retrying(doing, within, signal, async limited => {
    try {
      return await task(limited);
    } catch (error) {
      if (error instanceof UploadLost) return error;
      throw error;
    }
  });
  if (ended !== undefined) throw ended;
}

function closing(url: URL, blob: Blob): URL {
  const last = new URL(url);
  last.searchParams.set('digest', blob.descriptor.digest);
  return last;
}

/** After these answers the upload is begun anew; so it is when the bytes came out damaged. */
function lost(error: unknown, statuses: readonly number[], whole: readonly number[] = []): unknown {
  if (!(error instanceof RegistryError)) return error;
  const damaged = error.reasons.includes('DIGEST_INVALID');
  if (damaged) return new UploadLost(damage(error), false);
  if (whole.includes(error.status)) return new UploadLost(error, true);
  return statuses.includes(error.status) ? new UploadLost(error, false) : error;
}

function damage({ status, message, reasons }: RegistryError): RegistryError {
  const hint = 'The registry got other bytes than were sent: look for a proxy in between that changes content.';
  return new RegistryError('DIGEST_MISMATCH', message, { status, hint, reasons });
}

function again(error: RegistryError): RegistryError {
  const { status, hint = '', reasons } = error;
  return new RegistryError(error.code, error.message, { status, hint, reasons, passing: true });
}
