import { type Predicate, statementOn } from '../../core/attestation/statement.ts';
import type { Descriptor } from '../../core/oci/descriptor.ts';
import type { ImageGraph } from '../../core/oci/graph.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import { isoTime } from '../labels.ts';
import type { PlatformBinaries } from '../select.ts';
import { cyclonedxOf } from './cyclonedx.ts';
import { inventoryOf } from './inventory.ts';
import { licensesBeside } from './licenses.ts';
import { partsOf } from './parts.ts';
import { type ProvenanceInputs, provenanceOf } from './provenance.ts';
import { spdxOf } from './spdx.ts';

export interface AttestInputs extends ProvenanceInputs {
  readonly sbom: readonly ('cyclonedx' | 'spdx')[];
  readonly provenance: boolean;
  readonly sign: 'none' | 'key' | 'keyless';
}

/** A statement that is to hang on a manifest. */
export interface Wanted {
  readonly predicate: Predicate;
  /** The index, or a platform's manifest. */
  readonly subject: Descriptor;
  /** The in-toto statement; the same bytes where several manifests share it. */
  readonly payload: Buffer;
}

/**
 * What is attested of an image: provenance and signature of the index **and** of every platform, since clients resolve
 * the index and may check either (attest-sbom#60); SBOMs of the platforms, which differ. The index itself lists images
 * only (build-push-action#755).
 */
export async function wantedOf(
  graph: ImageGraph,
  platforms: readonly PlatformBinaries[],
  record: ReleaseRecord,
  inputs: AttestInputs,
  seconds: number,
  env: NodeJS.ProcessEnv,
): Promise<Wanted[]> {
  const subjects = [graph.descriptor, ...graph.manifests.map(one => one.descriptor)];
  const inventories = await inventoryOf(graph, platforms);
  const settings = {
    name: record.name,
    version: record.version,
    created: isoTime(seconds),
    onBase: inputs.base.kind !== 'scratch',
    licenses: inputs.sbom.length === 0 ? new Map() : await licensesBeside(record),
  };
  const sboms = inventories.flatMap(inventory => {
    const { descriptor: subject } = inventory.manifest;
    const parts = partsOf(inventory, settings);
    return inputs.sbom.map((predicate): Wanted => {
      const document = predicate === 'cyclonedx' ? cyclonedxOf(parts, settings) : spdxOf(parts, settings);
      return { predicate, subject, payload: statementOn([subject.digest], predicate, document) };
    });
  });
  const provenance = inputs.provenance ? provenanceOf(graph, inventories, record, inputs, env) : undefined;
  const shared = statementOn(
    subjects.map(one => one.digest),
    'provenance',
    provenance,
  );
  return subjects.flatMap((subject): Wanted[] => [
    ...(inputs.sign === 'none'
      ? []
      : [{ predicate: 'signature' as const, subject, payload: statementOn([subject.digest], 'signature', {}) }]),
    ...(provenance === undefined ? [] : [{ predicate: 'provenance' as const, subject, payload: shared }]),
    ...sboms.filter(one => one.subject === subject),
  ]);
}
