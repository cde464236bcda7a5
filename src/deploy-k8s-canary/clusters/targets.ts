import type { Context } from '../../core/action.ts';
import { sectionTexts } from '../../core/config-section.ts';
import { SlipwayError } from '../../core/errors.ts';
import { type Inputs, readInputs } from '../../core/inputs.ts';
import { definition } from '../inputs.ts';
import { type ClusterInputs, type Options, resolveOptions } from '../options.ts';
import { scaffoldInputs } from '../scaffold/inputs.ts';
import { allOrThrow, ofCluster } from './errors.ts';
import type { ClusterEntry } from './inputs.ts';

/** A cluster that is asked for, and what is asked for there. */
export interface Target {
  /** Empty without the input `clusters`. */
  readonly name: string;
  readonly wave: number;
  readonly options: Options;
}

type Given = Context<typeof definition.inputs>;

/** What is one for the whole run. */
const shared = [
  'mode',
  'clusters',
  'on-wave-failure',
  'on-dead-run',
  'require-attestation',
  'certificate-identity',
  'certificate-identity-regexp',
  'certificate-oidc-issuer',
  'source-repository',
  'signer-workflow',
  'predicate-type',
  'trusted-root',
  'summary',
  'history',
  'push',
  'sync-timeout',
  ...Object.keys(scaffoldInputs),
];

const own: Inputs = Object.fromEntries(Object.entries(definition.inputs).filter(([name]) => !shared.includes(name)));

/** One target, or one for each of `clusters`; whatever is wrong with any of them is said at once. */
export async function targetsOf(
  inputs: ClusterInputs,
  { record, directory }: Pick<Given, 'record' | 'directory'>,
): Promise<Target[]> {
  const { clusters, context } = inputs;
  if (clusters.length === 0) return [{ name: '', wave: 1, options: resolveOptions(inputs, record?.record, directory) }];
  if (context !== undefined)
    throw new SlipwayError('INPUT_INVALID', `both "context" (${context}) and "clusters" are given`, {
      hint: 'Leave "context" out: each cluster has its own. Nothing was changed.',
    });
  if (inputs.mode === 'render')
    throw new SlipwayError('INPUT_INVALID', 'mode: render writes for one cluster, and "clusters" names several', {
      hint: 'Run once for each, with its own manifests. Nothing was changed.',
    });
  const targets = await allOrThrow(clusters, async entry => {
    const { strategy = inputs.strategy, ...differing } = await readSection(entry, directory);
    if (strategy === 'auto')
      throw new SlipwayError('INPUT_INVALID', `clusters.${entry.name}.strategy is auto`, {
        hint: 'A release has one risk: give `strategy: auto` for all clusters. Nothing was changed.',
      });
    const given = { ...inputs, context: entry.name, ...differing, strategy, mode: inputs.mode };
    return { ...entry, options: resolveOptions(given, record?.record, directory) };
  });
  refuseOtherReleases(targets);
  return targets;
}

async function readSection({ name, section }: ClusterEntry, directory: string): Promise<Partial<Given['inputs']>> {
  const at = (input: string) => `clusters.${name}.${input}`;
  const texts = await sectionTexts(section, own, { at, directory, env: process.env });
  const read: Record<string, unknown> = readInputs(own, {}, texts, at);
  return Object.fromEntries(Object.keys(texts).map(input => [input, read[input]]));
}

/** Registries may differ, what is in them may not: it is one release. */
function refuseOtherReleases(targets: readonly Target[]): void {
  const digestOf = ({ options }: Target) => options.image?.split('@')[1];
  const [first] = targets;
  const other = targets.find(one => digestOf(one) !== digestOf(first!));
  if (other === undefined) return;
  throw ofCluster(
    other.name,
    new SlipwayError(
      'CLUSTERS_DIFFER',
      `the image ${other.options.image} is another one than ${first!.options.image} of ${first!.name}`,
      { hint: 'One run rolls out one release: give the same digest, from whichever registry. Nothing was changed.' },
    ),
  );
}
