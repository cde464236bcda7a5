import { formatRepository, parseReference, tagPattern } from '../../core/registry/reference.ts';
import type { Source } from './documents.ts';
import { type ImagePlace, kustomized } from './image-text.ts';
import { splitImage } from './split-image.ts';

/**
 * The image as the pods get it when the files have it: kustomize writes a digest alone, a chart that has repository and tag apart
 * writes both; elsewhere it stays as it is.
 *
 * @param known images that are this one already, in the words of the cluster or of an earlier run
 * @param version for the tag, where the image has none
 */
export function asRendered(
  sources: readonly Source[],
  image: string,
  { known, version }: { readonly known: readonly string[]; readonly version: string },
): string {
  const { repository, tag, digest } = parseReference(image);
  if (digest === undefined) return image;
  const name = image.slice(0, image.indexOf('@')); // as it is written: without what is added to short names of Docker Hub
  const bare = tag === undefined ? name : name.slice(0, -tag.length - 1);
  if (sources.some(source => kustomized(source, formatRepository(repository)).length > 0)) return `${bare}@${digest}`;
  const places = tag === undefined ? sources.flatMap(splitIn) : [];
  if (places.length === 0) return image;
  const words = [...places.map(place => place.image), ...known];
  const same = words.find(one => one.startsWith(`${bare}:`) && one.endsWith(`@${digest}`));
  if (same !== undefined) return same;
  const named = version.replaceAll('+', '-'); // as in the tags that are pushed
  const chosen = version !== image && tagPattern.test(named) ? named : digest.slice(0, 19).replace(':', '-');
  return `${bare}:${chosen}@${digest}`;
}

function splitIn(source: Source): ImagePlace[] {
  const { documents, value } = source;
  return value === undefined ? [] : documents.flatMap(one => splitImage(source, one.getIn(value, true)));
}
