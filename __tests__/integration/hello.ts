import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/core/process.ts';

const source = fileURLToPath(new URL('../../examples/hello', import.meta.url));

/** examples/hello as a program of a version of its own; for this machine's kind of Linux where no GOARCH is given. */
export async function buildHello(
  go: string,
  folder: string,
  version: string,
  arch?: string,
): Promise<{ path: string; sha256: string }> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, ['hello', version, arch].filter(Boolean).join('-'));
  await run(
    [go, 'build', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w -X main.version=${version}`, '-o', path, '.'],
    {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOOS: 'linux', ...(arch && { GOARCH: arch }) },
      timeout: 300_000,
    },
  );
  return {
    path,
    sha256: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  };
}
