import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/core/process.ts';

export interface FirstImage {
  readonly layers: number;
  readonly labels: object;
  /** `out` of the last layer, where it has one: what the program of a RUN step wrote. */
  readonly files: Readonly<Record<string, string>>;
}

/** The first platform of an image in an OCI layout, read from the files as they are. */
export async function firstImage(layout: string, digest: string): Promise<FirstImage> {
  const timeout = 60_000;
  const path = (name: string) => join(layout, 'blobs/sha256', name.slice('sha256:'.length));
  const read = async (name: string) => JSON.parse(await readFile(path(name), 'utf8'));
  const manifest = await read((await read(digest)).manifests[0].digest);
  const config = await read(manifest.config.digest);
  const last = path(manifest.layers.at(-1).digest);
  const names = (await run(['tar', '-tf', last], { timeout })).stdout.split('\n').filter(name => name === 'out');
  const files: Record<string, string> = {};
  for (const name of names) files[name] = (await run(['tar', '-xOf', last, name], { timeout })).stdout;
  return { layers: manifest.layers.length, labels: config.config.Labels, files };
}
