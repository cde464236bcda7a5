// Builds a third-party Go program. `go install PACKAGE@VERSION` refuses modules whose go.mod has replace or exclude
// lines, and some of the peers have such: each is built in a scratch module that requires it.
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/** Builds PACKAGE@vVERSION as the file `part`/NAME. Throws with the end of go's output. */
export async function buildPeer(name, { path, version, part }) {
  const { ensureGo } = await import('./go.mjs');
  const go = await ensureGo();
  const folder = join(part, `${name}.module`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'go.mod'), `module slipway.lab/${name}\n\ngo 1.26.0\n`);
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -mod=mod', GOWORK: 'off' };
  await run([go, 'get', `${path}@v${version}`], { cwd: folder, env, timeout: 900_000 });
  const out = join(folder, name);
  await run([go, 'build', '-p', '2', '-trimpath', '-ldflags', '-s -w', '-o', out, path], {
    cwd: folder,
    env,
    timeout: 1_800_000,
  });
  renameSync(out, join(part, name));
  rmSync(folder, { recursive: true, force: true });
}

/** Builds a program of the lab's own, a main package over a third party's module: `folder` is beside this file. */
export async function buildOwn(name, { folder, part }) {
  const { ensureGo } = await import('./go.mjs');
  const go = await ensureGo();
  const copy = join(part, `${name}.module`);
  cpSync(new URL(folder, import.meta.url), copy, { recursive: true });
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -mod=readonly', GOWORK: 'off' };
  const out = join(copy, `${name}.out`);
  await run([go, 'build', '-p', '2', '-trimpath', '-ldflags', '-s -w', '-o', out, '.'], {
    cwd: copy,
    env,
    timeout: 600_000,
  });
  renameSync(out, join(part, name));
  rmSync(copy, { recursive: true, force: true });
}
