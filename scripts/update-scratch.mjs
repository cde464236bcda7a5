// Writes src/build-multiarch-image/assets/scratch.{tar.gz,ts}: the layer below programs on `scratch`, ready to push.
//
// It holds ca-certificates.pem of the same folder (update-certificates.mjs renews it) and the zone data of the Go
// distribution on PATH (lib/time/zoneinfo.zip). All is dated 1970: who runs it with the same two gets the same bytes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createDeflateRaw } from 'node:zlib';
import { unzip } from './lab/cluster/zip.mjs';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';
import { scratchEntries } from './scratch/entries.mjs';

await reexecUnderNode24(import.meta.url);
const { deflateParameters } = await import('../src/core/deflate.ts');
const { gzipStages } = await import('../src/core/gzip.ts');
const { tarStream } = await import('../src/core/tar.ts');

const folder = join(root, 'src', 'build-multiarch-image', 'assets');
const [goroot, go] = execFileSync('go', ['env', 'GOROOT', 'GOVERSION'], { encoding: 'utf8' }).trim().split('\n');
const zip = readFileSync(join(goroot, 'lib/time/zoneinfo.zip'));
const [, release] = /^DATA=(\w+)$/m.exec(readFileSync(join(goroot, 'lib/time/update.bash'), 'utf8'));
const entries = scratchEntries(
  readFileSync(join(folder, 'ca-certificates.pem')),
  unzip(zip, () => true),
);

const { count, frame, result } = gzipStages();
const deflate = createDeflateRaw({ ...deflateParameters, level: 6 }); // once for all images: smaller is worth the time
const { stream, filled } = tarStream(entries, 0, AbortSignal.timeout(60_000));
const layer = join(folder, 'scratch.tar.gz');
await Promise.all([pipeline(stream, count, deflate, frame, createWriteStream(`${layer}.part`)), filled]);
renameSync(`${layer}.part`, layer);

const { plain, compressed } = result();
const description = `/** Written by scripts/update-scratch.mjs, together with scratch.tar.gz. */
export const scratch = {
  zones: 'tzdata ${release}, of lib/time/zoneinfo.zip (sha256 ${sha256(zip)}) in ${go}',
  digest: '${compressed.digest}',
  size: ${compressed.size},
  diffId: '${plain.digest}',
  unpacked: ${plain.size},
} as const;
`;
writeFileSync(join(folder, 'scratch.ts.part'), description);
renameSync(join(folder, 'scratch.ts.part'), join(folder, 'scratch.ts'));
console.log(`${entries.length} entries, ${compressed.size} bytes, ${compressed.digest}`);

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
