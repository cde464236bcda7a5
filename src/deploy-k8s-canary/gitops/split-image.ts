import { isMap, isScalar, type Scalar, type YAMLMap } from 'yaml';
import { SlipwayError } from '../../core/errors.ts';
import { plainScalar, type Source } from './documents.ts';
import { edited } from './edit.ts';
import type { ImagePlace } from './image-text.ts';
import { filling } from './scalar-text.ts';

/**
 * Values of a chart that have `repository` and `tag` apart, as `helm create` makes them, some with a `registry` in front:
 * `FILE#image` names the map. The digest goes behind the tag, `tag: 1.4.0@sha256:…`, which every template that joins the two
 * by a colon turns into a reference with both.
 */
export function splitImage(source: Source, node: unknown): ImagePlace[] {
  if (!isMap(node)) return [];
  const name = nameIn(node);
  const tag = plainScalar(node.get('tag', true));
  if (name === undefined || tag === undefined) return [];
  if (textIn(node, 'digest') !== '')
    throw new SlipwayError('RENDER_AMBIGUOUS', `${source.path}: the image has a digest of its own beside its tag`, {
      hint: 'Leave `digest` empty: the digest is written behind the tag. Nothing was changed.',
    });
  const said = String(tag.value ?? '');
  return [
    {
      source,
      image: said === '' ? name : `${name}:${said}`,
      // an empty tag is the chart's appVersion, which is not in the values and has no digest
      says: image =>
        image === `${name}:${said}` || (said === '' && image.startsWith(`${name}:`) && !image.includes('@')),
      with: image => {
        if (image.startsWith(`${name}:`))
          return edited(source.text, [filling(source.text, tag, image.slice(name.length + 1))]);
        throw new SlipwayError(
          'RENDER_MISMATCH',
          `${source.path} has the repository ${name}, and not that of ${image}`,
          {
            hint: 'Commit the repository that is meant, with a tag, and wait until the cluster has followed; then run again.',
          },
        );
      },
    },
  ];
}

function nameIn(map: YAMLMap): string | undefined {
  const [registry, repository] = [textIn(map, 'registry'), textIn(map, 'repository')];
  if (repository === '') return undefined;
  return registry === '' ? repository : `${registry}/${repository}`;
}

function textIn(map: YAMLMap, key: string): string {
  const node = map.get(key, true);
  return isScalar(node) ? String((node as Scalar).value ?? '') : '';
}
