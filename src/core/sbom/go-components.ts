import { isAbsolute } from 'node:path';
import type { BuildInfo, Module } from '../binary/index.ts';
import { purlOf } from './purl.ts';

/** A program or module as SBOMs of every format name it. */
export interface GoComponent {
  readonly purl: string;
  readonly name: string;
  /** Empty for a module that a folder replaces: what is in it was never published under this name. */
  readonly version: string;
  /** `h1:…`, go.sum's hash, which is no hash of an archive's bytes. */
  readonly sum: string;
  /** For a replaced module: what took its place, and whose. */
  readonly replaces?: { readonly purl: string; readonly by: string };
}

/** The program itself. `version` is the release's: what its module has where Go gave it none. */
export function programComponent({ mod, path }: BuildInfo, version: string): GoComponent {
  const module = mod?.path ?? path;
  const known = mod !== undefined && mod.sum !== '' ? mod.version : version;
  const inside = path.startsWith(`${module}/`) ? path.slice(module.length + 1) : '';
  return { purl: purlOf(module, known, inside), name: path, version: known, sum: mod?.sum ?? '' };
}

/** Everything that is linked into the program: the standard library and the modules, in the order of their names. */
export function linkedComponents({ goVersion, deps }: BuildInfo): GoComponent[] {
  const all = [standardLibrary(goVersion), ...deps.map(moduleComponent)];
  return all.sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

/** Under the name and version that scanners ask for (OSV, Trivy, Grype): `stdlib`, without `go` before the number. */
function standardLibrary(goVersion: string): GoComponent {
  const version = goVersion.split(/[ -]/)[0]!.replace(/^go/, '');
  return { purl: purlOf('stdlib', version), name: 'stdlib', version, sum: '' };
}

function moduleComponent(module: Module): GoComponent {
  const { path, version, sum, replace } = module;
  if (replace === undefined) return { purl: purlOf(path, version), name: path, version, sum };
  const original = purlOf(path, version);
  if (replace.version !== '') {
    const purl = purlOf(replace.path, replace.version);
    const { path: name, version: own, sum: hash } = replace;
    return { purl, name, version: own, sum: hash, replaces: { purl: original, by: name } };
  }
  const by = isAbsolute(replace.path) ? 'a folder outside of the module' : replace.path;
  return { purl: purlOf(path), name: path, version: '', sum: '', replaces: { purl: original, by } };
}
