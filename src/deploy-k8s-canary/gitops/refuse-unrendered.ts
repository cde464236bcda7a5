import { SlipwayError } from '../../core/errors.ts';
import type { Read } from '../../core/inputs.ts';
import type { definition } from '../inputs.ts';
import { mostBesideScaled } from '../ratio.ts';

type All = Read<typeof definition.inputs>;
type Inputs = Pick<All, 'manifests' | 'workload' | 'router' | 'steps' | 'before' | 'image' | 'strategy'> & {
  readonly mirror: unknown;
};

/** What `mode: render` needs of the inputs, and what cannot be written into manifests. */
export function refuseUnrendered(inputs: Inputs, digest: string | undefined): void {
  const { manifests, workload, router, strategy, steps, before, mirror } = inputs;
  const high = steps.find(step => step > mostBesideScaled && step < 100);
  const [problem] = [
    manifests.length === 0 && [
      'MANIFESTS_MISSING',
      'mode: render writes into manifests, and "manifests" names none',
      'Name the files in the working tree that the cluster follows.',
    ],
    workload === undefined && [
      'WORKLOAD_MISSING',
      'mode: render needs the input "workload"',
      'Name the Deployment: workload: deployment/NAME.',
    ],
    digest === undefined && [
      'DIGEST_MISSING',
      `mode: render writes a digest, and the image ${inputs.image ?? ''} has none`,
      'Give it as REPOSITORY@sha256:…, or the record of build-multiarch-image.',
    ],
    before.length > 0 && [
      'INPUT_INVALID',
      'mode: render leaves what runs in the cluster to its operator, and "before" names Jobs to run',
      'Let the operator run them: a PreSync hook of Argo CD, or a Kustomization of Flux that the workload’s depends on.',
    ],
    mirror !== undefined && [
      'INPUT_INVALID',
      'mode: render writes weights, and "mirror" is no weight: what copies requests is in no manifest',
      'Leave the input out; the step at 0 probes the pods without users.',
    ],
    router === 'service' &&
      strategy === 'blue-green' && [
        'INPUT_INVALID',
        'mode: render with strategy: blue-green and router: service would switch a selector that is in git',
        'Set router: gateway, traefik or istio, or strategy: canary.',
      ],
    router === 'service' &&
      strategy === 'canary' &&
      high !== undefined && [
        'INPUT_INVALID',
        `mode: render keeps the replicas that are in git, so that ${high} % with router: service would take ${Math.round(high / (100 - high))} new pods for each old one`,
        `Use steps up to ${mostBesideScaled} before 100, or router: gateway.`,
      ],
  ].filter(one => one !== false) as [string, string, string][];
  if (problem !== undefined)
    throw new SlipwayError(problem[0], problem[1], { hint: `${problem[2]} Nothing was changed.` });
}
