import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/core/process.ts';
import type { Lab } from './lab.ts';
import { pushTinyImage } from './tiny-image.ts';

const source = fileURLToPath(new URL('regional', import.meta.url));
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** Images of a service whose errors and latency are set by region, by digest: `{ bad: ['ERRORS=eu=0.5'] }`. */
export async function pushRegional<Name extends string>(
  { registry, go }: Lab<'registry' | 'go'>,
  wanted: Readonly<Record<Name, readonly string[]>>,
): Promise<Record<Name, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-regional-'));
  try {
    const path = join(folder, 'regional');
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOOS: 'linux' };
    await run([go, 'build', '-trimpath', '-buildvcs=false', '-o', path, '.'], { cwd: source, env, timeout: 300_000 });
    const images = {} as Record<Name, string>;
    for (const [name, settings] of Object.entries(wanted) as [Name, readonly string[]][]) {
      const environment = [`VERSION=${name}`, ...settings];
      const { repository, digest } = await pushTinyImage(registry.url, 'test-k8s/regional', path, arch, environment);
      images[name] = `${repository}@${digest}`;
    }
    return images;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
