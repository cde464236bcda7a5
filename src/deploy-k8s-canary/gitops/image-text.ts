import { isMap, isSeq, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { SlipwayError } from '../../core/errors.ts';
import { formatRepository, parseReference } from '../../core/registry/reference.ts';
import { documentsOf, plainScalar, type Source } from './documents.ts';
import { columnOf, type Edit, edited } from './edit.ts';
import { quoted, replacing } from './scalar-text.ts';
import { splitImage } from './split-image.ts';

/** Where a manifest says which image runs. */
export interface ImagePlace {
  readonly source: Source;
  /** What it says now, as a pod gets it: `ghcr.io/acme/hello:v1`. */
  readonly image: string;
  /** Whether what it says now is this image. */
  says(image: string): boolean;
  /** The whole file with another image. */
  with(image: string): string;
}

/**
 * The one place that decides: an `images:` entry of a kustomization for the image's repository, else a value that was named
 * (`FILE#a.b`), else the container of the Deployment.
 *
 * @param image what is to be there: its repository finds the kustomization's entry
 * @throws RENDER_NO_IMAGE, RENDER_AMBIGUOUS
 */
export function findImage(
  sources: readonly Source[],
  { workload, container, image }: { readonly workload: string; readonly container: string; readonly image: string },
): ImagePlace {
  const repository = formatRepository(parseReference(image).repository);
  const kinds = [
    sources.flatMap(source => kustomized(source, repository)),
    sources.flatMap(named),
    sources.flatMap(source => contained(source, workload, container)),
  ];
  const found = kinds.find(places => places.length > 0) ?? [];
  if (found.length === 1) return found[0]!;
  const files = sources.map(({ path }) => path).join(', ');
  if (found.length > 1)
    throw new SlipwayError(
      'RENDER_AMBIGUOUS',
      `the image of Deployment/${workload} is written in ${found.length} places: ${found.map(({ source }) => source.path).join(', ')}`,
      { hint: 'Name only the files of this place in "manifests". Nothing was changed.' },
    );
  throw new SlipwayError(
    'RENDER_NO_IMAGE',
    `none of ${files} says which image the container ${container} of Deployment/${workload} runs, nor has an \`images:\` entry for ${repository}`,
    {
      hint: 'Name the file in "manifests" that has it: the Deployment, the kustomization with `images:`, or FILE#PATH.OF.IMAGE of values (a whole reference, or a map with `repository` and `tag`). An alias (`*name`) cannot be changed. Nothing was changed.',
    },
  );
}

/** A scalar that is a whole reference. */
function whole(source: Source, node: unknown): ImagePlace[] {
  const scalar = plainScalar(node);
  if (scalar === undefined || typeof scalar.value !== 'string') return [];
  const now = scalar.value;
  return [
    {
      source,
      image: now,
      says: image => image === now,
      with: image => edited(source.text, [replacing(scalar, image)]),
    },
  ];
}

function named(source: Source): ImagePlace[] {
  const { value } = source;
  if (value === undefined) return [];
  return source.documents.flatMap(document => {
    const node = document.getIn(value, true);
    return [...whole(source, node), ...splitImage(source, node)];
  });
}

function contained(source: Source, workload: string, container: string): ImagePlace[] {
  return documentsOf(source, 'Deployment', workload).flatMap(document => {
    const containers = document.getIn(['spec', 'template', 'spec', 'containers'], true);
    if (!isSeq(containers)) return [];
    return containers.items.flatMap(one =>
      isMap(one) && one.get('name') === container ? whole(source, one.get('image', true)) : [],
    );
  });
}

/** https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/: a tag or a digest, each by a key of its own. */
export function kustomized(source: Source, repository: string): ImagePlace[] {
  return documentsOf(source, 'Kustomization').flatMap(document => {
    const images = document.getIn(['images'], true);
    if (!isSeq(images)) return [];
    return images.items.flatMap(entry => {
      if (!isMap(entry) || (entry.get('newName') ?? entry.get('name')) !== repository) return [];
      const [tag, digest] = ['newTag', 'digest'].map(key => entry.get(key));
      if (tag !== undefined && digest !== undefined)
        throw new SlipwayError('RENDER_AMBIGUOUS', `${source.path}: the entry of ${repository} has newTag and digest`, {
          hint: 'Leave newTag out: the digest alone says which image it is. Nothing was changed.',
        });
      const now = `${repository}${digest !== undefined ? `@${digest}` : tag !== undefined ? `:${tag}` : ''}`;
      return [
        {
          source,
          image: now,
          says: (image: string) => image === now,
          with: (image: string) => edited(source.text, entryEdits(source, entry as YAMLMap.Parsed, image)),
        },
      ];
    });
  });
}

function entryEdits(source: Source, entry: YAMLMap.Parsed, image: string): Edit[] {
  const { digest, tag } = parseReference(image);
  const [key, value] = digest !== undefined ? ['digest', digest] : ['newTag', tag ?? 'latest'];
  const pair = entry.items.find(one => ['newTag', 'digest'].includes(String(one.key))) as
    | Pair<Scalar.Parsed>
    | undefined;
  if (pair !== undefined) {
    const scalar = plainScalar(pair.value);
    if (scalar === undefined) throw unwritable(source, String(pair.key));
    const [start, end] = pair.key.range;
    return [{ start, end, text: key }, replacing(scalar, value)];
  }
  // before the first key, so that no comment at the end of a line is parted from it
  const [start] = entry.range;
  const gap = entry.flow
    ? ''
    : `${source.text.includes('\r\n') ? '\r\n' : '\n'}${' '.repeat(columnOf(source.text, start))}`;
  return entry.flow
    ? [{ start: start + 1, end: start + 1, text: `${key}: ${quoted(value)}, ` }]
    : [{ start, end: start, text: `${key}: ${quoted(value)}${gap}` }];
}

function unwritable({ path }: Source, key: string): SlipwayError {
  return new SlipwayError('RENDER_INVALID', `${path}: ${key} is no plain text, and so cannot be changed in place`, {
    hint: 'Write it as one word, without an alias. Nothing was changed.',
  });
}
