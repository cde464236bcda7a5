// The official downloads, each checked against the checksum that its project publishes.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from '../run.mjs';
import { ARCH, versions } from './layout.mjs';

const release = (repository, version) => `https://github.com/${repository}/releases/download/v${version}`;

/** What to download for a group: the file, where its checksum is, and for an archive the program's path in it. */
function files(group, names) {
  const version = versions[group];
  if (group === 'kubernetes') {
    const base = `https://dl.k8s.io/v${version}/bin/linux/${ARCH}`;
    return names.map(name => ({ url: `${base}/${name}`, sums: `${base}/${name}.sha256` }));
  }
  if (group === 'etcd') {
    const base = release('etcd-io/etcd', version);
    const folder = `etcd-v${version}-linux-${ARCH}`;
    return [{ url: `${base}/${folder}.tar.gz`, sums: `${base}/SHA256SUMS`, member: `${folder}/etcd` }];
  }
  const base = release('traefik/traefik', version);
  const url = `${base}/traefik_v${version}_linux_${ARCH}.tar.gz`;
  return [{ url, sums: `${base}/traefik_v${version}_checksums.txt`, member: 'traefik' }];
}

/** Downloads a group into `part`. Resolves with undefined, or with the reason why it cannot be had this way. */
export async function fromDownloads(group, groups, part, progress) {
  for (const { url, sums, member } of files(group, groups[group])) {
    const expected = await checksum(sums, basename(url));
    if (expected.reason) return expected.reason;
    progress(`cluster: downloading ${url}`);
    const path = join(part, basename(url));
    const seen = await fetchFile(url, path).catch(unreachable(url));
    if (seen.reason) return seen.reason;
    if (seen.sha256 !== expected.sha256) {
      throw new Error(
        `downloading ${url}: its sha256 is ${seen.sha256}, but ${sums} says ${expected.sha256}; try again later`,
      );
    }
    if (!member) await run(['chmod', '755', path]);
    else {
      await run(['tar', '-xzf', path, '-C', part, '--transform', 's,.*/,,', member]);
      await rm(path);
    }
  }
  return undefined;
}

// The small file first, with a short deadline: on a machine without a way out this costs seconds, not minutes.
async function checksum(url, file) {
  let text;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(8_000) });
    if (!response.ok) return { reason: `${url} answered ${response.status}` };
    text = await response.text();
  } catch (error) {
    return unreachable(url)(error);
  }
  // Either "SUM", or lines of "SUM  FILE".
  const lines = text
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+\*?(?:\.\/)?/));
  const sha256 = lines.find(([, name]) => name === file)?.[0] ?? (lines.length === 1 ? lines[0][0] : undefined);
  return /^[0-9a-f]{64}$/.test(sha256 ?? '') ? { sha256 } : { reason: `${url} has no sha256 of ${file}` };
}

const unreachable = url => error => ({
  reason: `${new URL(url).host} cannot be reached (${error.cause?.code ?? error.name})`,
});

async function fetchFile(url, path) {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
  if (!response.ok) return { reason: `${url} answered ${response.status}` };
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), hashing, createWriteStream(path));
  return { sha256: hash.digest('hex') };
}
