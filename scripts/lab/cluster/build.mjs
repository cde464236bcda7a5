// Builds the cluster's programs from their Go modules, for machines that can get them no other way.
// `npm run lab -- build cluster`: about half an hour on two cores; what is built already is not built again.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../apt.mjs';
import { withLock } from '../lock.mjs';
import { Missing } from '../missing.mjs';
import { labDir } from '../paths.mjs';
import { run } from '../run.mjs';
import { findBinaries, GROUPS, keepWhole } from './binaries.mjs';
import { packagePath, scratchModule } from './build-module.mjs';
import { keptDir, versions } from './layout.mjs';

const FLAGS = {
  kubernetes: ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(path => [
    `-X ${path}.gitVersion=v${versions.kubernetes}`,
    `-X ${path}.gitMajor=${versions.kubernetes.split('.')[0]}`,
    `-X ${path}.gitMinor=${versions.kubernetes.split('.')[1]}`,
    `-X ${path}.gitTreeState=clean`,
  ]),
  etcd: [],
  traefik: [`-X github.com/traefik/traefik/v3/pkg/version.Version=${versions.traefik}`],
};

/** Builds what findBinaries() does not find; resolves with the paths of all programs. Throws Missing without Go. */
export async function build({ progress = () => {} } = {}) {
  const go = await findExecutable('go');
  if (!go) throw new Missing('Go', 'it is needed to build the cluster and is not on PATH', 'install Go (go.dev/dl)');
  return withLock(labDir('locks', 'kubernetes-programs'), 60_000, async () => {
    for (const group of Object.keys(GROUPS)) await buildGroup(go, group, progress);
    return findBinaries();
  });
}

async function buildGroup(go, group, progress) {
  const left = () => GROUPS[group].filter(name => !findBinaries()[name]);
  if (left().length === 0) return;
  const folder = keptDir('build', `${group}-${versions[group]}`);
  const out = join(folder, 'bin');
  mkdirSync(out, { recursive: true });
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' };
  await ensureModule(go, group, folder, env, progress);
  for (const name of left().filter(one => !existsSync(join(out, one)))) {
    progress(`cluster: building ${name} (several minutes)`);
    const flags = ['-s', '-w', ...FLAGS[group]].join(' ');
    const part = join(folder, `${name}.part`);
    await run([go, 'build', '-p', '2', '-trimpath', '-ldflags', flags, '-o', part, packagePath(group, name)], {
      cwd: folder,
      env,
      timeout: 3_600_000,
    });
    renameSync(part, join(out, name));
  }
  keepWhole(out);
  rmSync(folder, { recursive: true, force: true });
}

// go.sum is complete only when `go get` has ended well; until then the module is made anew.
async function ensureModule(go, group, folder, env, progress) {
  const done = join(folder, '.resolved');
  if (existsSync(done)) return;
  progress(`cluster: getting the modules of ${group}`);
  rmSync(join(folder, 'go.sum'), { force: true });
  const { goMod, toolsGo } = await scratchModule(go, group, GROUPS[group], folder, env);
  writeFileSync(join(folder, 'go.mod'), goMod);
  writeFileSync(join(folder, 'tools.go'), toolsGo);
  await run([go, 'get', '-tags', 'tools', '.'], { cwd: folder, env, timeout: 900_000 });
  writeFileSync(done, '');
}
