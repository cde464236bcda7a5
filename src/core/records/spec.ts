import { parse as parseYaml } from 'yaml';
import { SlipwayError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';

const kinds = ['oci', 'folder', 'git'] as const;

/** Where records are: the kind of the place, and which one. */
export interface Spec {
  readonly kind: (typeof kinds)[number];
  /** Repository, path or branch; undefined for the usual one. */
  readonly value: string | undefined;
}

/**
 * Reads `records` of slipway.yml: `oci`, `folder`, `git`, a map of one of them such as `{ folder: PATH }`, or the text of
 * that, as the input has it.
 *
 * @param place for errors: `slipway.yml:3`
 */
export function parseSpec(given: unknown, place: string): Spec {
  const spec = typeof given === 'string' ? read(given) : given;
  const [name, value, ...more] = typeof spec === 'string' ? [spec] : flat(spec);
  const kind = kinds.find(one => one === name);
  const fits = value === undefined || (typeof value === 'string' && value.trim() !== '');
  if (kind !== undefined && fits && more.length === 0) return { kind, value: value?.trim() };
  const near = typeof name === 'string' ? didYouMean(name, kinds) : '';
  const seen = `records is ${JSON.stringify(spec)}${near}`;
  throw new SlipwayError('CONFIG_INVALID', `${place}: ${seen}; allowed: oci, folder, git, or a map of one of them`, {
    hint: 'Nothing was changed. Maps are { oci: ghcr.io/acme/hello }, { folder: /srv/records }, { git: BRANCH }.',
  });
}

function read(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    return text; // refused as it stands
  }
}

function flat(spec: unknown): unknown[] {
  return typeof spec === 'object' && spec !== null ? Object.entries(spec).flat() : [spec];
}
