// The Go modules that the cluster's programs are built in. `go install MODULE@VERSION` refuses modules whose go.mod
// has replace or exclude lines, so each group gets a module that requires it and repeats the lines that matter.
import { readFileSync } from 'node:fs';
import { run } from '../run.mjs';
import { versions } from './layout.mjs';

const MODULES = {
  kubernetes: 'k8s.io/kubernetes',
  etcd: 'go.etcd.io/etcd/server/v3',
  traefik: 'github.com/traefik/traefik/v3',
};

/** The main package of a program. */
export function packagePath(group, name) {
  return group === 'etcd' ? MODULES.etcd : `${MODULES[group]}/cmd/${name}`;
}

/** The texts of go.mod and tools.go for building `names`; asks `go` for the module's own go.mod. */
export async function scratchModule(go, group, names, cwd, env) {
  const module = `${MODULES[group]}@v${versions[group]}`;
  const info = JSON.parse(await run([go, 'mod', 'download', '-json', module], { cwd, env, timeout: 600_000 }));
  const goMod = scratchGoMod(group, readFileSync(info.GoMod, 'utf8'));
  const imports = names.map(name => `import _ "${packagePath(group, name)}"`).join('\n');
  return { goMod, toolsGo: `//go:build tools\n\npackage tools\n\n${imports}\n` };
}

/** The scratch module's go.mod, from the text of the real one. */
export function scratchGoMod(group, theirs) {
  const block = word => theirs.match(new RegExp(`^${word} \\([^]*?^\\)`, 'm'))?.[0] ?? '';
  return [
    `module slipway.lab/${group}`,
    theirs.match(/^go .*/m)[0],
    block('godebug'),
    group === 'kubernetes' ? stagingReplacements(theirs) : replacements(theirs),
    ...(theirs.match(/^exclude .*/gm) ?? []),
    `require ${MODULES[group]} v${versions[group]}`,
    '',
  ].join('\n\n');
}

// Those by other modules; one by a folder of the module's own repository has no meaning outside of it.
function replacements(theirs) {
  const lines = [...theirs.matchAll(/^(?:replace\s+|\s+)(\S+(?: \S+)? => [^.\s]\S* \S+)/gm)].map(
    ([, line]) => `\t${line}`,
  );
  return ['replace (', ...lines, ')'].join('\n');
}

// Kubernetes requires its staging modules at v0.0.0 and replaces them by folders of its own repository. They are also
// published: v1.34.4 of Kubernetes goes with v0.34.4. Only what is required at exactly v0.0.0 may be replaced.
function stagingReplacements(theirs) {
  const names = new Set();
  for (const [, required, replaced] of theirs.matchAll(
    /^\s*(?:(k8s\.io\/[a-z0-9-]+) v0\.0\.0(?: .*)?|(k8s\.io\/[a-z0-9-]+) => \.\/staging.*)$/gm,
  ))
    names.add(required ?? replaced);
  const published = `v${versions.kubernetes.replace(/^1/, '0')}`;
  return ['replace (', ...[...names].sort().map(name => `\t${name} => ${name} ${published}`), ')'].join('\n');
}
