import { isMap, type Section } from '../../core/config-deployments.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { Inputs } from '../../core/inputs.ts';
import { choice, type Value, yaml } from '../../core/values.ts';

/** A cluster as it is written. */
export interface ClusterEntry {
  readonly name: string;
  /** From 1. Those of one wave are rolled out at the same time. */
  readonly wave: number;
  /** The inputs that differ there. */
  readonly section: Section;
}

const form = 'a map of clusters, each with the inputs that differ there: {eu: {context: eu-1}, us: {namespace: shop}}';

const schema = {
  type: 'object',
  additionalProperties: { type: ['object', 'null'], properties: { wave: { type: 'integer', minimum: 1 } } },
};

const clusters: Value<ClusterEntry[]> = yaml(form, schema, data => {
  if (data === null || data === undefined) return [];
  if (!isMap(data)) throw invalid('it is no map');
  const written = Object.entries(data).map(([name, settings]) => entry(name, settings ?? {}));
  const without = written.filter(({ wave }) => wave === undefined).map(({ name }) => name);
  if (without.length > 0 && without.length < written.length)
    throw invalid(`${without.join(', ')}: no wave, though others have one; give all of them one, or none`);
  return written.map((one, index) => ({ ...one, wave: one.wave ?? index + 1 }));
});

function entry(name: string, settings: unknown): Omit<ClusterEntry, 'wave'> & { wave: number | undefined } {
  if (!/^\S{1,200}$/.test(name)) throw invalid(`"${name}" is no name: it is empty, has blanks, or is too long`);
  if (!isMap(settings)) throw invalid(`${name} is no map of inputs`);
  const { wave, ...section } = settings;
  if (wave !== undefined && (!Number.isInteger(wave) || Number(wave) < 1))
    throw invalid(`${name}.wave is ${JSON.stringify(wave)}, not a whole number from 1`);
  return { name, wave: wave === undefined ? undefined : Number(wave), section };
}

const invalid = (why: string) => new SlipwayError('CLUSTERS_INVALID', why);

export const clustersInputs = {
  clusters: {
    description:
      'Several clusters in one run: NAME → the inputs that differ there (`context`, which is NAME by default, `namespace`, `manifests`, `router`, `steps`, `probes` …; `kubeconfig: {env: NAME}` or `{file: PATH}`). One after the other as they are written, or in waves: `wave: 1`, and the next one only when all of the one before serve the release, verified. See “Several clusters” below.',
    value: clusters,
    default: '',
  },
  'on-wave-failure': {
    description:
      'With `clusters`, when the release is not good in one of them: `hold` leaves the clusters that have it as they are; `rollback-all` brings them back to what they had before, the last one first. The failed cluster itself is rolled back in any case, and later waves are not begun.',
    value: choice('hold', 'rollback-all'),
    default: 'hold',
  },
} as const satisfies Inputs;
