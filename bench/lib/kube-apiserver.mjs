// A module from which kube-apiserver is built; its own go.mod points to folders that the module proxy has not got.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const version = 'v1.34.4';
const program = 'k8s.io/kubernetes/cmd/kube-apiserver';

/** Writes go.mod, go.sum and an import into the folder; returns the program's import path. */
export function writeKubeApiserver(go, folder) {
  const run = (...args) =>
    execFileSync(go, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
      maxBuffer: 2 ** 26,
      timeout: 900_000,
    });
  run('mod', 'init', 'slipway.example/kube');
  writeFileSync(join(folder, 'main.go'), `package main\n\nimport _ "${program}/app"\n\nfunc main() {}\n`);
  const { GoMod } = JSON.parse(run('mod', 'download', '-json', `k8s.io/kubernetes@${version}`));
  const staged = [...readFileSync(GoMod, 'utf8').matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging/gm)].map(
    ([, path]) => path,
  );
  const replaced = staged.map(path => `-replace=${path}=${path}@${version.replace('v1', 'v0')}`);
  run('mod', 'edit', `-require=k8s.io/kubernetes@${version}`, ...replaced);
  run('get', `${program}@${version}`);
  return program;
}
