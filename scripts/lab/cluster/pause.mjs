// The image of the process that holds a pod's namespaces. It is made here, of Debian's static busybox: nothing can be
// pulled, and a compiler need not be there.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Missing } from '../missing.mjs';
import { capture, run } from '../run.mjs';
import { ARCH, keptDir } from './layout.mjs';
import { tar } from './tar.mjs';

/** The image's name on the node. No registry has this name: it is imported, never pulled. */
export const PAUSE_IMAGE = 'slipway.lab/pause:1';

// Ends on the signals that a runtime sends; `wait` reaps what a shared process namespace leaves to process 1.
const SCRIPT = "trap 'exit 0' TERM INT; while :; do /busybox sleep 2147483647 & wait; done";

/** The path of an archive with the image, in the OCI layout; made once. */
export async function ensurePauseArchive() {
  const path = keptDir('pause.tar');
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, pauseArchive(await staticBusybox()));
  renameSync(part, path);
  return path;
}

function pauseArchive(busybox) {
  const layer = tar([{ name: 'busybox', data: busybox, mode: 0o755 }]);
  const config = json({
    architecture: ARCH,
    os: 'linux',
    config: { Entrypoint: ['/busybox', 'sh', '-c', SCRIPT], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [digest(layer)] },
  });
  const image = 'application/vnd.oci.image';
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${image}.manifest.v1+json`,
    config: descriptor(`${image}.config.v1+json`, config),
    layers: [descriptor(`${image}.layer.v1.tar`, layer)],
  });
  const entry = descriptor(`${image}.manifest.v1+json`, manifest);
  const index = {
    schemaVersion: 2,
    manifests: [{ ...entry, annotations: { 'io.containerd.image.name': PAUSE_IMAGE } }],
  };
  return tar([
    { name: 'oci-layout', data: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', data: json(index) },
    ...[layer, config, manifest].map(data => ({ name: `blobs/sha256/${digest(data).slice(7)}`, data })),
  ]);
}

const json = value => Buffer.from(JSON.stringify(value));
const digest = data => `sha256:${createHash('sha256').update(data).digest('hex')}`;
const descriptor = (mediaType, data) => ({ mediaType, digest: digest(data), size: data.length });

// Taken out of the package rather than installed: busybox-static and busybox exclude each other.
async function staticBusybox() {
  const folder = keptDir(`busybox-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const download = () => capture(['apt-get', 'download', '-q', 'busybox-static'], { cwd: folder, timeout: 120_000 });
    let result = await download();
    if (result.code !== 0) {
      await capture(['apt-get', 'update', '-q'], { timeout: 300_000 });
      result = await download();
    }
    if (result.code !== 0) throw new Missing('busybox-static', result.stderr.trim(), 'apt-get download busybox-static');
    const file = readdirSync(folder).find(name => name.endsWith('.deb'));
    await run(['dpkg-deb', '--extract', join(folder, file), join(folder, 'tree')]);
    const path = ['bin/busybox', 'usr/bin/busybox'].map(name => join(folder, 'tree', name)).find(existsSync);
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
