import { isAbsolute } from 'node:path';
import type { BuildInfo, Module } from '../binary/index.ts';
import { purlOf } from './purl.ts';

/** A program, as its components are made from it. */
export interface ProgramFacts {
  readonly buildinfo: BuildInfo;
  /** Hex, of the program. */
  readonly sha256: string;
  /** Of the release: what the program's own module has where Go gave it none. */
  readonly version: string;
}

/** The part of CycloneDX 1.6 that is written here (https://cyclonedx.org/docs/1.6/json/). */
export interface Component {
  readonly type: 'application' | 'container' | 'library';
  readonly 'bom-ref'?: string;
  readonly name: string;
  readonly version?: string;
  readonly hashes?: readonly { alg: 'SHA-256'; content: string }[];
  readonly purl?: string;
  /** What the authors say, by SPDX id. */
  readonly licenses?: readonly { readonly license: { readonly id: string; readonly acknowledgement: 'declared' } }[];
  readonly pedigree?: { ancestors?: readonly Component[]; commits?: readonly { uid: string }[] };
  readonly properties?: readonly Property[];
}

interface Property {
  readonly name: string;
  readonly value: string;
}

/** The program itself, with what it was built for. */
export function mainComponent({ buildinfo, sha256, version }: ProgramFacts): Component {
  const { mod, path, settings } = buildinfo;
  const module = mod?.path ?? path;
  // A module with a checksum came from a proxy, and has the version that it is known by there.
  const known = mod !== undefined && mod.sum !== '' ? mod.version : version;
  const purl = purlOf(module, known, path.startsWith(`${module}/`) ? path.slice(module.length + 1) : '');
  const revision = settings['vcs.revision'];
  return {
    type: 'application',
    'bom-ref': purl,
    name: path,
    version: known,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    purl,
    ...(revision === undefined ? {} : { pedigree: { commits: [{ uid: revision }] } }),
    properties: [...buildProperties(buildinfo), ...sumProperty(mod)],
  };
}

/** The names of CycloneDX's own register (cyclonedx-property-taxonomy, cdx:gomod) where it has them. */
function buildProperties({ goVersion, settings }: BuildInfo): Property[] {
  const environment = ['GOOS', 'GOARCH', 'CGO_ENABLED'].flatMap(name =>
    settings[name] === undefined ? [] : [{ name: `cdx:gomod:build:env:${name}`, value: settings[name] }],
  );
  const tags = (settings['-tags'] ?? '').split(',').filter(tag => tag !== '');
  return [
    { name: 'cdx:gomod:build:env:GOVERSION', value: goVersion },
    ...environment,
    ...tags.map(value => ({ name: 'cdx:gomod:build:tag', value })),
  ];
}

/** All that is linked into a program: the standard library and the modules, by name. */
export function linkedComponents({ goVersion, deps }: BuildInfo): Component[] {
  return [standardLibrary(goVersion), ...deps.map(moduleComponent)].sort((a, b) =>
    a['bom-ref']! < b['bom-ref']! ? -1 : 1,
  );
}

/** Under the name and version that scanners ask for (OSV, Trivy, Grype): `stdlib`, without `go` before the number. */
function standardLibrary(goVersion: string): Component {
  const version = goVersion.split(/[ -]/)[0]!.replace(/^go/, '');
  const purl = purlOf('stdlib', version);
  return { type: 'library', 'bom-ref': purl, name: 'stdlib', version, purl };
}

function moduleComponent(module: Module): Component {
  const { path, version, replace } = module;
  if (replace === undefined) {
    const purl = purlOf(path, version);
    return { type: 'library', 'bom-ref': purl, name: path, version, purl, ...propertiesOf(sumProperty(module)) };
  }
  const ancestor: Component = { type: 'library', name: path, version, purl: purlOf(path, version) };
  const isFolder = replace.version === '';
  // A folder has no version: what is in it is not what was published under this name.
  const purl = isFolder ? purlOf(path) : purlOf(replace.path, replace.version);
  const folder = isAbsolute(replace.path) ? 'a folder outside of the module' : replace.path;
  return {
    type: 'library',
    'bom-ref': purl,
    name: isFolder ? path : replace.path,
    ...(isFolder ? {} : { version: replace.version }),
    purl,
    pedigree: { ancestors: [ancestor] },
    ...propertiesOf([
      ...sumProperty(replace),
      ...(isFolder ? [{ name: 'slipway:go:replaced-by', value: folder }] : []),
    ]),
  };
}

/** go.sum's hash is one over a list of hashes, not one of an archive's bytes: no `hashes`, which say the latter. */
const sumProperty = (module: Module | undefined): Property[] =>
  module === undefined || module.sum === '' ? [] : [{ name: 'slipway:go:sum', value: module.sum }];

const propertiesOf = (properties: readonly Property[]) => (properties.length === 0 ? {} : { properties });
