import type { ReleaseRecord } from '../core/record/schema.ts';
import { lastDeployments } from './chain.ts';

/** What must be attested: an image in its registry, or a binary that the record names, with the bundles beside it. */
export type Item = { readonly image: string } | { readonly binary: string; readonly path: string | undefined };

/** Of what was deployed, else of what was built; each once. Pure. */
export function itemsOf(record: ReleaseRecord): Item[] {
  const deployed = lastDeployments(record);
  const pathOf = (sha256: string) => record.binaries.find(one => one.sha256 === sha256)?.path;
  const images = deployed.length > 0 ? deployed.flatMap(one => one.image ?? []) : builtImages(record);
  const binaries =
    deployed.length > 0 ? deployed.flatMap(one => one.binary ?? []) : record.binaries.map(one => one.sha256);
  return [
    ...[...new Set(images)].map(image => ({ image })),
    ...[...new Set(binaries)].map(binary => ({ binary, path: pathOf(binary) })),
  ];
}

function builtImages({ images }: ReleaseRecord): string[] {
  return images.flatMap(({ repositories, digest, part }) =>
    part === true ? [] : repositories.slice(0, 1).map(repository => `${repository}@${digest}`),
  );
}
