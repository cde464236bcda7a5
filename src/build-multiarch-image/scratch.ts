import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SlipwayError } from '../core/errors.ts';
import { sha256 } from '../core/files.ts';
import type { Entry } from '../core/tar.ts';
import { certificates } from './assets/ca-certificates.ts';

/** The user of an image unless another is asked for: the number that distroless images have made usual. */
export const nonroot = 65_532;

const passwd = `root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:${nonroot}:${nonroot}:nonroot:/home/nonroot:/sbin/nologin
`;
const group = `root:x:0:
nobody:x:65534:
nonroot:x:${nonroot}:
`;

/**
 * What a static Go program needs below it: certificates where Go looks for them, users with names, and a /tmp. These
 * entries have the time 0: the layer is the same in every release, so registries have it already.
 */
export async function scratchEntries(): Promise<Entry[]> {
  const bundle = await readFile(fileURLToPath(new URL('./assets/ca-certificates.pem', import.meta.url)));
  const found = sha256(bundle);
  if (found !== certificates.sha256) {
    throw new SlipwayError('ASSET_DAMAGED', `the certificates of this action have the sha256 ${found}`, {
      hint: `${certificates.sha256} is expected: check this action out again.`,
    });
  }
  const folder = (name: string, mode = 0o755): Entry => ({ name, mode });
  return [
    folder('etc/'),
    { name: 'etc/group', mode: 0o644, content: Buffer.from(group) },
    { name: 'etc/passwd', mode: 0o644, content: Buffer.from(passwd) },
    folder('etc/ssl/'),
    folder('etc/ssl/certs/'),
    { name: 'etc/ssl/certs/ca-certificates.crt', mode: 0o644, content: bundle },
    folder('home/'),
    { name: 'home/nonroot/', mode: 0o700, uid: nonroot, gid: nonroot },
    folder('tmp/', 0o1777),
  ];
}
