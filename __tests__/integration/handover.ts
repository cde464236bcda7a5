import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/core/process.ts';

const source = fileURLToPath(new URL('handover', import.meta.url));

/** A program that hands its listener to a child; `broken` as in handover/main.go. */
export async function buildHandover(go: string, folder: string, version: string, broken = ''): Promise<string> {
  const path = join(folder, `handover-${version}`);
  await run([go, 'build', '-ldflags', `-X main.version=${version} -X main.broken=${broken}`, '-o', path, '.'], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' },
    timeout: 240_000,
  });
  return path;
}
