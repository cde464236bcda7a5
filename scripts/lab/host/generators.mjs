// What systemd starts at each daemon-reload before it reads a unit.
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Masks the generators of the tree that a host boots from, where SLIPWAY_LAB_GENERATORS is `masked`, and else takes that back. For
 * partitions, swap, consoles, /etc/fstab and scripts of System V they find nothing in it, and the dozen of them takes a quarter of a
 * second of a core each time. What a package brings later, such as podman's, is started all the same.
 */
export function maskGenerators(root) {
  const masks = join(root, 'etc/systemd/system-generators');
  rmSync(masks, { recursive: true, force: true });
  if (process.env.SLIPWAY_LAB_GENERATORS !== 'masked') return;
  mkdirSync(masks, { recursive: true });
  for (const name of readdirSync(join(root, 'usr/lib/systemd/system-generators')))
    symlinkSync('/dev/null', join(masks, name));
}
