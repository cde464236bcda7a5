import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

export interface TinyImage {
  /** `host:port/name`. */
  readonly repository: string;
  /** Of the index, of its one platform, and of that one's configuration. */
  readonly digest: string;
  readonly manifest: string;
  readonly config: string;
}

/**
 * An image of one program, pushed with plain requests: so that a test of what comes after the push depends on no push of
 * ours.
 *
 * @param registry URL of a registry that wants no credentials
 * @param env `NAME=value` of the image itself: faults that come with a release
 */
export async function pushTinyImage(
  registry: string,
  name: string,
  program: string,
  arch: string,
  env: readonly string[] = [],
): Promise<TinyImage> {
  const { tar } = await import(new URL('../../scripts/lab/cluster/tar.mjs', import.meta.url).href);
  const layer: Buffer = tar([{ name: 'hello', data: await readFile(program), mode: 0o755 }]);
  const packed = gzipSync(layer);
  const config = json({
    architecture: arch,
    os: 'linux',
    config: { Entrypoint: ['/hello'], User: '65532:65532', ...(env.length === 0 ? {} : { Env: env }) },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const oci = 'application/vnd.oci.image';
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: { mediaType: `${oci}.config.v1+json`, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: `${oci}.layer.v1.tar+gzip`, digest: digestOf(packed), size: packed.length }],
  });
  const platform = { os: 'linux', architecture: arch };
  const index = json({
    schemaVersion: 2,
    mediaType: `${oci}.index.v1+json`,
    manifests: [{ mediaType: `${oci}.manifest.v1+json`, digest: digestOf(manifest), size: manifest.length, platform }],
  });
  const base = `${registry}/v2/${name}`;
  for (const blob of [packed, config]) await putBlob(base, blob);
  for (const [data, kind] of [
    [manifest, 'manifest'],
    [index, 'index'],
  ] as const) {
    await send(`${base}/manifests/${digestOf(data)}`, 'PUT', data, `${oci}.${kind}.v1+json`);
  }
  return {
    repository: `${new URL(registry).host}/${name}`,
    digest: digestOf(index),
    manifest: digestOf(manifest),
    config: digestOf(config),
  };
}

/** A name for an image that is there already. */
export async function tagTinyImage(registry: string, { repository, digest }: TinyImage, tag: string): Promise<void> {
  const base = `${registry}/v2/${repository.slice(repository.indexOf('/') + 1)}/manifests`;
  const type = 'application/vnd.oci.image.index.v1+json';
  const answer = await fetch(`${base}/${digest}`, { headers: { accept: type }, signal: AbortSignal.timeout(30_000) });
  await send(`${base}/${tag}`, 'PUT', Buffer.from(await answer.arrayBuffer()), type);
}

async function putBlob(base: string, blob: Buffer): Promise<void> {
  const begun = await send(`${base}/blobs/uploads/`, 'POST');
  const target = new URL(begun.headers.get('location')!, base);
  target.searchParams.set('digest', digestOf(blob));
  await send(target.href, 'PUT', blob, 'application/octet-stream');
}

async function send(url: string, method: string, body?: Buffer, type?: string): Promise<Response> {
  const answer = await fetch(url, {
    method,
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined ? {} : { body: new Uint8Array(body), headers: { 'content-type': type! } }),
  });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

function json(data: unknown): Buffer {
  return Buffer.from(JSON.stringify(data));
}

function digestOf(data: Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}
