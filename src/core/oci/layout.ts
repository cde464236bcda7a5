import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, SlipwayError } from '../errors.ts';
import { readIfThere, writeAtomic } from '../files.ts';
import type { Descriptor, Index } from './descriptor.ts';
import { checkBytes, digestPattern, hexOf, verifying } from './digest.ts';
import { type Blob, blobsOf, type ImageGraph, type ManifestNode } from './graph.ts';
import { mediaTypes } from './media-types.ts';
import type { ImageSource } from './source.ts';

/** Of the layout's own format. */
export const layoutVersion = '1.0.0';
const refName = 'org.opencontainers.image.ref.name';
const largestManifest = 4 * 1024 * 1024;

const blobPath = (folder: string, digest: string) => join(folder, 'blobs', 'sha256', hexOf(digest));

/**
 * Writes an image into an OCI layout folder (image-spec, image-layout.md), which may hold others: its tags move to this
 * image, everything else stays. `index.json`, which makes it visible, is written last.
 *
 * @param attached artifacts whose `subject` is in the image; `index.json` lists them without a tag, so that clients find
 * them as referrers
 */
export async function writeLayout(
  folder: string,
  graph: ImageGraph,
  tags: readonly string[],
  signal: AbortSignal,
  attached: readonly ManifestNode[] = [],
): Promise<void> {
  await checkVersion(folder, false);
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const blob of [...blobsOf(graph), ...attached.flatMap(node => node.blobs)])
    await writeBlob(folder, blob, signal);
  for (const node of [...graph.manifests, graph, ...attached]) {
    await writeAtomic(blobPath(folder, node.descriptor.digest), node.bytes);
  }
  const entries = [...indexEntries(graph, tags), ...attached.map(one => one.descriptor)];
  const untagged = new Set([graph, ...attached].map(one => one.descriptor.digest));
  const others = (await readIndex(folder)).filter(one => {
    const name = one.annotations?.[refName];
    return name === undefined ? !untagged.has(one.digest) : !tags.includes(name);
  });
  const index: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...others, ...entries] };
  await writeAtomic(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: layoutVersion }));
  await writeAtomic(join(folder, 'index.json'), JSON.stringify(index));
}

async function writeBlob(folder: string, { descriptor, open }: Blob, signal: AbortSignal): Promise<void> {
  const path = blobPath(folder, descriptor.digest);
  if ((await sizeOf(path)) === descriptor.size) return;
  const part = `${path}.${randomUUID()}.part`;
  try {
    const check = verifying(descriptor, 'the blob');
    await pipeline(await open(signal), check, createWriteStream(part, { flags: 'wx' }), { signal });
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/** What `index.json` lists as attached; not where the folder is no layout yet. */
export async function attachedIn(folder: string): Promise<readonly Descriptor[]> {
  return (await readIndex(folder)).filter(isAttached);
}

const isAttached = ({ artifactType }: Descriptor) => artifactType !== undefined;

/** What index.json says of an image: an entry for each tag, or one without. */
export function indexEntries(
  { descriptor: { mediaType, digest, size } }: ImageGraph,
  tags: readonly string[],
): Descriptor[] {
  return (tags.length === 0 ? [undefined] : tags).map(tag => ({
    mediaType,
    digest,
    size,
    ...(tag === undefined ? {} : { annotations: { [refName]: tag } }),
  }));
}

/** An OCI layout folder as a source of images; an empty reference means its only image. */
export async function layoutSource(folder: string): Promise<ImageSource> {
  await checkVersion(folder, true);
  const find = async (reference: string): Promise<Descriptor> => {
    const entries = await readIndex(folder);
    const fitting = [
      ...new Map(
        entries
          .filter(
            one =>
              (reference === '' && !isAttached(one)) ||
              one.digest === reference ||
              one.annotations?.[refName] === reference,
          )
          .map(one => [one.digest, one]),
      ).values(),
    ];
    if (fitting.length === 1) return fitting[0]!;
    // Platform manifests are listed in their index, not in index.json.
    if (digestPattern.test(reference)) {
      const size = await sizeOf(blobPath(folder, reference));
      if (size !== undefined) return { mediaType: '', digest: reference, size };
    }
    const names = entries.map(one => one.annotations?.[refName] ?? one.digest).join(', ') || 'none';
    throw new SlipwayError(
      'LAYOUT_IMAGE',
      `${fitting.length === 0 ? 'no image' : `${fitting.length} images`} of the OCI layout ${folder} ${fitting.length === 1 ? 'is' : 'are'} "${reference}"`,
      { hint: `Name one of its images by tag or digest: ${names}.` },
    );
  };
  return {
    name: `oci-layout:${folder}`,
    manifest: async reference => {
      const found = await find(reference);
      if (found.size > largestManifest) {
        throw new SlipwayError('MANIFEST_INVALID', `${found.digest} in ${folder} is too large for a manifest`, {
          hint: 'Manifests have at most 4 MiB.',
        });
      }
      const bytes = await readFile(blobPath(folder, found.digest)).catch(error => {
        throw missing(folder, found.digest, error);
      });
      checkBytes(bytes, found, `the OCI layout ${folder}`);
      const { mediaType = found.mediaType } = JSON.parse(bytes.toString('utf8')) as { mediaType?: string };
      return { descriptor: { mediaType, digest: found.digest, size: bytes.length }, bytes };
    },
    read: async descriptor => {
      const bytes = await readFile(blobPath(folder, descriptor.digest)).catch(error => {
        throw missing(folder, descriptor.digest, error);
      });
      checkBytes(bytes, descriptor, `the OCI layout ${folder}`);
      return bytes;
    },
    blob: async descriptor => {
      const path = blobPath(folder, descriptor.digest);
      if ((await sizeOf(path)) === undefined) throw missing(folder, descriptor.digest, undefined);
      const verified = verifying(descriptor, `the OCI layout ${folder}`);
      createReadStream(path)
        .on('error', error => verified.destroy(error))
        .pipe(verified);
      return verified;
    },
  };
}

function missing(folder: string, digest: string, cause: unknown): SlipwayError {
  return new SlipwayError('LAYOUT_INVALID', `the OCI layout ${folder} lacks ${digest}`, {
    hint: 'Write the layout again; a part of it was lost.',
    ...(cause === undefined ? {} : { cause }),
  });
}

async function checkVersion(folder: string, mustExist: boolean): Promise<void> {
  const text = await readIfThere(join(folder, 'oci-layout'));
  if (text === undefined && !mustExist) return;
  let found: unknown;
  try {
    found = (JSON.parse(text ?? 'null') as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion;
  } catch (error) {
    found = messageOf(error);
  }
  if (found === layoutVersion) return;
  throw new SlipwayError('LAYOUT_INVALID', `${folder} is not an OCI layout of version ${layoutVersion}`, {
    hint: 'Give a folder with the files oci-layout, index.json and blobs/.',
  });
}

async function readIndex(folder: string): Promise<readonly Descriptor[]> {
  const text = await readIfThere(join(folder, 'index.json'));
  if (text === undefined) return [];
  try {
    const { manifests } = JSON.parse(text) as Index;
    if (Array.isArray(manifests)) return manifests;
  } catch {
    // said below
  }
  throw new SlipwayError('LAYOUT_INVALID', `${join(folder, 'index.json')} is not an OCI index`, {
    hint: 'Write the layout again into an empty folder.',
  });
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    info => info.size,
    () => undefined,
  );
}
