import { readFile } from 'node:fs/promises';
import pMap from 'p-map';
import * as v from 'valibot';
import type { Binary, ReleaseRecord } from '../record/schema.ts';

/** A bill of materials as it was read. */
export interface Bill {
  /** The target of its binary, with the package where the release has several. */
  readonly binary: string;
  /** Undefined when the file is not there or is no CycloneDX. */
  readonly components?: readonly Component[];
}

export interface Component {
  readonly name: string;
  readonly version: string;
  /** As the document states them; empty when it does not. */
  readonly licenses: readonly string[];
}

const License = v.union([
  v.pipe(
    v.object({ license: v.object({ id: v.string() }) }),
    v.transform(({ license }) => license.id),
  ),
  v.pipe(
    v.object({ license: v.object({ name: v.string() }) }),
    v.transform(({ license }) => license.name),
  ),
  v.pipe(
    v.object({ expression: v.string() }),
    v.transform(({ expression }) => expression),
  ),
]);

/** The part of CycloneDX (https://cyclonedx.org/docs/1.6/json/) that the page shows. */
const Document = v.object({
  bomFormat: v.literal('CycloneDX'),
  components: v.optional(
    v.array(
      v.object({
        name: v.string(),
        version: v.optional(v.string(), ''),
        licenses: v.optional(v.array(License), []),
      }),
    ),
    [],
  ),
});

/** Reads the bills of materials that lie beside a record; paths are absolute, as in memory. */
export async function readBills({ binaries }: ReleaseRecord): Promise<Bill[]> {
  const several = new Set(binaries.map(one => one.package)).size > 1;
  const listed = binaries.filter(({ sbom }) => sbom !== undefined);
  return pMap(
    listed,
    async one => {
      const components = await read(one);
      return {
        binary: several ? `${one.package} ${one.target}` : one.target,
        ...(components === undefined ? {} : { components }),
      };
    },
    { concurrency: 8 },
  );
}

async function read({ sbom }: Binary): Promise<readonly Component[] | undefined> {
  try {
    return v.parse(Document, JSON.parse(await readFile(sbom!, 'utf8'))).components;
  } catch {
    return undefined; // the page says so
  }
}
