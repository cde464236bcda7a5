import { createHash } from 'node:crypto';
import { SlipwayError } from '../../core/errors.ts';
import { type KubeObject, nameOf, selects, type WorkloadKind } from '../../core/kubernetes/index.ts';
import { labels } from '../names.ts';

/** Label `slipway/track` of the Jobs. */
const track = 'before';

/** How long a Job that has ended is kept to be looked at where its manifest does not say: a day, in seconds. */
const kept = 86_400;

export interface Release {
  readonly workload: string;
  readonly kind: WorkloadKind;
  readonly image: string;
  /** Images of the workload's container in its manifest and now: a container of a Job with one of their repositories gets the release's. */
  readonly known: readonly string[];
  /** What finds the workload's pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** The pod template, reading the release's copies of ConfigMaps and Secrets. */
  readonly read: (template: object) => object;
  /** Milliseconds, for a Job without a deadline of its own. */
  readonly within: number;
}

/** A Job as this release runs it, still under its own name. Pure. */
export function jobOf(manifest: KubeObject, release: Release): KubeObject {
  if (manifest.kind !== 'Job' || manifest.apiVersion !== 'batch/v1')
    throw invalid(
      `${nameOf(manifest)} is to run before the first step, but only Jobs (batch/v1) do`,
      'Give it in "manifests".',
    );
  const { workload, kind, selector, within } = release;
  const spec = manifest['spec'] ?? {};
  const own = spec.template?.metadata?.labels;
  if (selects(selector, own))
    throw invalid(
      `${nameOf(manifest)}: its pods have the labels by which ${kind}/${workload} and its Services find theirs`,
      'Leave them out of the Job’s template: users’ requests would reach it.',
    );
  const marks = { [labels.workload]: workload, [labels.track]: track };
  const template = withRelease(release.read(spec.template ?? {}), release);
  return {
    ...manifest,
    metadata: { ...manifest.metadata, labels: { ...manifest.metadata.labels, ...marks } },
    spec: {
      activeDeadlineSeconds: Math.max(1, Math.ceil(within / 1000)),
      ttlSecondsAfterFinished: kept,
      ...spec,
      template,
    },
  };
}

/** A copy of the pod template whose containers of the workload's repository have the release's image. */
function withRelease(template: object, { image, known }: Release): object {
  const repositories = new Set([image, ...known].filter(one => one !== '').map(repositoryOf));
  const copy = structuredClone(template) as KubeObject;
  for (const one of [...(copy['spec']?.initContainers ?? []), ...(copy['spec']?.containers ?? [])])
    if (one.image === undefined || repositories.has(repositoryOf(one.image))) one.image = image;
  return copy;
}

/** `ghcr.io/acme/hello:v1@sha256:…` → `ghcr.io/acme/hello`. */
function repositoryOf(image: string): string {
  return image.split('@')[0]!.replace(/:[\w][\w.-]*$/, '');
}

/**
 * NAME-HASH: a Job cannot be changed, so each rollout has its own; a run that goes on with the rollout finds it again by its name.
 *
 * @param started when the rollout began
 */
export function withUniqueName(job: KubeObject, started: string): KubeObject {
  const hash = createHash('sha256')
    .update(JSON.stringify([job, started]))
    .digest('hex')
    .slice(0, 10);
  return { ...job, metadata: { ...job.metadata, name: `${job.metadata.name.slice(0, 52)}-${hash}` } };
}

function invalid(why: string, hint: string): SlipwayError {
  return new SlipwayError('BEFORE_INVALID', why, { hint: `${hint} Nothing was changed.` });
}
