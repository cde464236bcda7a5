import { SlipwayError } from '../core/errors.ts';

/** Annotations by the level that carries them. */
export interface Annotations {
  readonly index: Readonly<Record<string, string>>;
  readonly manifest: Readonly<Record<string, string>>;
}

/** Sorts `index:NAME`, `manifest:NAME`, `index,manifest:NAME` and plain `NAME` (both) to their levels. */
export function parseAnnotations(given: Readonly<Record<string, string>>): Annotations {
  const levels = { index: {} as Record<string, string>, manifest: {} as Record<string, string> };
  for (const [key, value] of Object.entries(given)) {
    const [, prefix, name = key] = /^([a-z0-9,[\]/-]+):(.+)$/.exec(key) ?? [];
    for (const level of prefix?.split(',') ?? ['index', 'manifest']) {
      if (level !== 'index' && level !== 'manifest')
        throw new SlipwayError('ANNOTATION_INVALID', `"${level}" in "${key}" is not a level that is known`);
      levels[level][name] = value;
    }
  }
  return levels;
}
