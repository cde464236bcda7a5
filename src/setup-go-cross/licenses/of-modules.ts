import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import type { Component } from '../../core/sbom/components.ts';
import type { Licenses } from '../../core/sbom/licenses.ts';
import { identifyLicense } from './identify.ts';

/** Where the sources of what is linked lie. */
export interface Sources {
  /** GOMODCACHE. */
  readonly modules: string;
  readonly goroot: string;
  /** The module's own folder: `vendor/` in it holds what is vendored, with its licenses. */
  readonly directory: string;
}

/** The licenses of components; one is left out where its files do not say exactly one that is known. */
export type ReadLicenses = (components: readonly Component[]) => Promise<Licenses>;

/** Folders read at once. */
const concurrency = 16;

const fileName = /^(?:un)?licen[sc]e(?:[-.].*)?$|^copying(?:[-.].*)?$/i;

/** Reads the license files that lie in a module's own folder, each module once for all programs. */
export function licensesOf(sources: Sources): ReadLicenses {
  const known = new Map<string, Promise<string | undefined>>();
  const licenseOf = ({ name, version = '' }: Component) => {
    const key = `${name}@${version}`;
    const found = known.get(key) ?? read(foldersOf(name, version, sources));
    known.set(key, found);
    return found;
  };
  return async components => {
    const all = await pMap(components, async one => [one['bom-ref']!, await licenseOf(one)] as const, { concurrency });
    return new Map(all.flatMap(([ref, id]) => (id === undefined ? [] : [[ref, id] as const])));
  };
}

function foldersOf(name: string, version: string, { modules, goroot, directory }: Sources): string[] {
  if (name === 'stdlib') return [goroot];
  // A folder that replaces a module has no version: what is in it is not what was published.
  if (version === '') return [];
  return [join(modules, escaped(`${name}@${version}`)), join(directory, 'vendor', name)];
}

/** As the module cache has names: https://pkg.go.dev/golang.org/x/mod/module#EscapePath. */
const escaped = (name: string) => name.replaceAll(/[A-Z]/g, letter => `!${letter.toLowerCase()}`);

async function read(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) continue;
    const files = entries.filter(entry => entry.isFile() && fileName.test(entry.name) && !entry.name.endsWith('.go'));
    const ids = await Promise.all(
      files.map(async file => identifyLicense(await readFile(join(folder, file.name), 'utf8'))),
    );
    return new Set(ids).size === 1 ? ids[0] : undefined;
  }
  return undefined;
}
