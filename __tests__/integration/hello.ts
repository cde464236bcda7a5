import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/core/process.ts';

/** Where `npm test` keeps them (scripts/test/programs.mjs): most files need the same two, and Go links anew each time. */
const kept = process.env['SLIPWAY_TEST_PROGRAMS'];
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
  const made = join(kept ?? folder, basename(path));
  if (kept === undefined || !existsSync(made)) {
    const part = `${made}.${randomUUID()}`; // other files may make the same one
    await run(
      [go, 'build', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w -X main.version=${version}`, '-o', part, '.'],
      {
        cwd: join(examples, name),
        env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOOS: 'linux', ...(arch && { GOARCH: arch }) },
        timeout: 300_000,
      },
    );
    await rename(part, made);
  }
  if (made !== path) await copyFile(made, path);
  return {
    path,
    sha256: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  };
}
