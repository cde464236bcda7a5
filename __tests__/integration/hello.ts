import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/core/process.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

/** examples/hello as a program of a version of its own; for this machine's kind of Linux where no GOARCH is given. */
export function buildHello(go: string, folder: string, version: string, arch?: string) {
  return buildExample(go, 'hello', folder, version, arch);
}

/** The same of another program in examples/. */
export async function buildExample(
  go: string,
  name: string,
  folder: string,
  version: string,
  arch?: string,
): Promise<{ path: string; sha256: string }> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, [name, version, arch].filter(Boolean).join('-'));
  await run(
    [go, 'build', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w -X main.version=${version}`, '-o', path, '.'],
    {
      cwd: join(examples, name),
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
