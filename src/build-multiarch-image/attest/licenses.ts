import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import type { Licenses } from '../../core/sbom/licenses.ts';

/** What is read of the SBOM of a program (CycloneDX), as setup-go-cross writes it. */
const Bill = v.object({
  components: v.array(
    v.object({
      purl: v.optional(v.string(), ''),
      licenses: v.optional(v.array(v.object({ license: v.object({ id: v.string() }) })), []),
    }),
  ),
});

/** The licenses that the SBOMs beside a record state, by purl; whoever built the programs had their modules. */
export async function licensesBeside({ binaries }: ReleaseRecord): Promise<Licenses> {
  const bills = await Promise.all([...new Set(binaries.flatMap(({ sbom }) => sbom ?? []))].map(read));
  return new Map(
    bills
      .flat()
      .flatMap(({ purl, licenses: [first, ...others] }) =>
        first === undefined || others.length > 0 ? [] : [[purl, first.license.id]],
      ),
  );
}

/** An SBOM that is not there, or is another's, states nothing. */
async function read(path: string) {
  try {
    return v.parse(Bill, JSON.parse(await readFile(path, 'utf8'))).components;
  } catch {
    return [];
  }
}
