// Writes src/build-multiarch-image/assets/ca-certificates.{pem,ts}: the certificates of images on `scratch`.
//
// They are Mozilla's, as Node carries them inside (tls.getCACertificates('bundled')): the same for everybody with the
// same Node version, whatever this machine trusts besides. Run it under the newest Node, then update-scratch.mjs, then
// `npm run bundle`.
import { createHash, X509Certificate } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { reexecUnderNode24 } from './node24.mjs';

await reexecUnderNode24(import.meta.url);

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'build-multiarch-image', 'assets');
// Sorted, so that an update shows what came and went.
const certificates = tls
  .getCACertificates('bundled')
  .map(pem => ({ pem: pem.trim(), fingerprint: new X509Certificate(pem).fingerprint256 }))
  .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
const bundle = `${certificates.map(one => one.pem).join('\n')}\n`;
const sha256 = createHash('sha256').update(bundle).digest('hex');

write('ca-certificates.pem', bundle);
write(
  'ca-certificates.ts',
  `/** Written by scripts/update-certificates.mjs, together with ca-certificates.pem. */
export const certificates = {
  source: "Mozilla's list, as bundled in Node ${process.versions.node}",
  count: ${certificates.length},
  sha256: '${sha256}',
} as const;
`,
);
console.log(`${certificates.length} certificates of Node ${process.versions.node}, sha256 ${sha256}`);

function write(name, text) {
  const path = join(folder, name);
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
