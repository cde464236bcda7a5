import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../../../src/core/files.ts';
import type { LoadedRecord } from '../../../src/core/record/files.ts';
import type { ReleaseRecord } from '../../../src/core/record/schema.ts';
import type { Entry } from '../../../src/core/records/entry.ts';

/** A release on disk: two binaries with their SBOM, and an archive. */
export async function sampleRelease(
  folder: string,
  version: string,
  { content = version, more = {} }: { content?: string | Buffer; more?: Partial<ReleaseRecord> } = {},
): Promise<LoadedRecord> {
  const out = join(folder, 'slipway-out');
  const write = async (name: string, bytes: string | Buffer) => {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), bytes);
    return { path: join(out, name), size: Buffer.byteLength(bytes), sha256: sha256(bytes) };
  };
  const binary = async (target: string) => {
    const sbom = await write(`sbom/hello-${target.replace('/', '-')}.cdx.json`, `{"of":"${target}"}`);
    const bytes = Buffer.concat([Buffer.from(target), Buffer.from(content)]);
    return {
      package: 'example.com/hello',
      target,
      ...(await write(`hello-${target.replace('/', '-')}`, bytes)),
      sbom: sbom.path,
    };
  };
  const record: ReleaseRecord = {
    schema: 'slipway.release/v1',
    name: 'hello',
    version,
    commit: 'c'.repeat(40),
    binaries: [await binary('linux/amd64'), await binary('linux/arm64')],
    archives: [{ target: 'linux/amd64', ...(await write('hello-linux-amd64.tar.gz', `archive of ${version}`)) }],
    images: [],
    deployments: [],
    ...more,
  };
  return { file: join(out, 'release.json'), record };
}

/** One that takes a while to write. */
export const bigRelease = (folder: string, version: string, megabytes: number) =>
  sampleRelease(folder, version, { content: Buffer.alloc(megabytes << 20, version) });

let count = 0;

/** A deployment's entry; its id begins with `at`, as keepDeed makes it. */
export function sampleEntry(more: Partial<Entry> = {}): Entry {
  const at = more.at ?? new Date(Date.UTC(2026, 0, 1) + count * 1000).toISOString();
  return {
    schema: 'slipway.entry/v1',
    kind: 'deployment',
    id: `${at.replaceAll(/[:.]/g, '')}-${process.pid}-${count++}`,
    at,
    by: 'somebody@here',
    name: 'hello',
    version: 'v1.0.0',
    environment: 'staging',
    mode: 'deploy',
    state: 'healthy',
    deployments: [],
    started: at,
    ended: at,
    ...more,
  } as Entry;
}
