import { SlipwayError } from '../core/errors.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { whoRuns } from '../core/who-runs.ts';
import type { Chosen } from './choose-strategy.ts';
import { refuseUnrendered } from './gitops/refuse-unrendered.ts';
import type { Rendering } from './gitops/through-git.ts';
import { type Mirror, resolveMirror } from './mirror.ts';
import { mostBesideFresh } from './ratio.ts';
import { autoSteps } from './steps.ts';

type All = Chosen;

/** The inputs of what is done in a cluster. */
export type ClusterInputs = Omit<All, 'mode'> & { readonly mode: Exclude<All['mode'], 'scaffold'> };

/** The inputs, with what the record fills in. */
export interface Options extends ClusterInputs {
  /** What is deployed: the record's version, else the image. */
  readonly releaseId: string;
  /** Digests by which a runtime may name the image: of its index, its platforms and their configurations. */
  readonly digests: readonly string[];
  /** Who does it: actor and run, or user and host. */
  readonly by: string;
  /** Steps end as soon as their evidence allows. */
  readonly auto: boolean;
  /** `mode: render`: how the workload and its route are written. `manifests` is empty then: they are not applied. */
  readonly rendered?: Rendering;
  /** Id of the rollout over several clusters that this one is a part of. */
  readonly whole?: string;
  /** Users’ requests are copied to the new release in the step at 0 %. */
  readonly mirror: Mirror | undefined;
  /** Where manifests begin. */
  readonly directory: string;
}

/** Checks what several inputs say together; nothing has been asked of the cluster yet. */
export function resolveOptions(inputs: ClusterInputs, record: ReleaseRecord | undefined, directory: string): Options {
  const built = record?.images.find(one => one.part !== true);
  const recorded = built && `${built.repositories[0]}@${built.digest}`;
  const image = inputs.image ?? recorded;
  const digest = image?.split('@')[1];
  const known = record?.images.find(one => one.digest === digest);
  const deploys = ['deploy', 'plan', 'render'].includes(inputs.mode);
  if (inputs.workload === undefined && inputs.manifests.length === 0) {
    throw wrong(
      'WORKLOAD_MISSING',
      'neither "workload" nor "manifests" is given',
      'Name it: workload: deployment/NAME.',
    );
  }
  if (deploys && image === undefined && inputs.manifests.length === 0) {
    throw wrong(
      'IMAGE_MISSING',
      'no image is given and the record has none',
      'Set the input "image", or pass the record of build-multiarch-image in "release".',
    );
  }
  if (inputs.router === 'service' && inputs.route !== undefined)
    throw wrong(
      'INPUT_INVALID',
      `route "${inputs.route}" is given, but router is "service"`,
      'Set router: gateway, traefik or istio, or leave the route out.',
    );
  if (deploys && inputs.metrics.length > 0 && inputs['prometheus-url'] === undefined)
    throw wrong(
      'PROMETHEUS_MISSING',
      '"metrics" are given, but nobody to ask for them',
      'Set prometheus-url: a URL, or service:NAMESPACE/NAME:PORT.',
    );
  if (deploys && inputs.metrics.length === 0 && inputs['prometheus-url'] !== undefined)
    throw wrong(
      'METRICS_MISSING',
      '"prometheus-url" is given, but nothing to ask it for',
      'Set metrics, for example `- errors` and `- latency`.',
    );
  if (deploys && inputs.mirror !== undefined) refuseMirror(inputs);
  if (inputs.mode === 'render') refuseUnrendered(inputs, digest);
  const fresh = inputs.baseline === 'fresh';
  if (deploys && fresh && inputs.strategy !== 'canary')
    throw wrong(
      'INPUT_INVALID',
      `"baseline: fresh" is given, but strategy is "${inputs.strategy}"`,
      'Fresh pods of the old release are compared with a canary only: leave the input out, or set strategy: canary.',
    );
  const auto = inputs.strategy === 'canary' && inputs.steps === autoSteps;
  const besideFresh = deploys && fresh && inputs.router === 'service';
  const most = besideFresh ? inputs.steps.filter(step => step <= mostBesideFresh || step === 100) : inputs.steps;
  if (!auto && most.length < inputs.steps.length)
    throw wrong(
      'INPUT_INVALID',
      `steps ${inputs.steps.join(',')}: with router: service and baseline: fresh a step below 100 is at most ${mostBesideFresh}`,
      'Fresh pods of the old release stand behind the same Service, as many as new ones, so that the new release never gets the half. Use smaller steps, or router: gateway.',
    );
  const { mirror, ...others } = inputs;
  const steps = mirror === undefined || most[0] === 0 ? most : [0, ...most];
  return {
    ...others,
    mirror: mirror && resolveMirror(mirror, most, inputs['step-duration']),
    steps,
    // preview, then everyone
    auto,
    ...(inputs.strategy === 'blue-green' ? { steps: [0, 100] } : {}),
    ...(image === undefined ? {} : { image }),
    releaseId: known === undefined ? (image ?? '') : (record?.version ?? image ?? ''),
    digests:
      digest === undefined
        ? []
        : [digest, ...(known?.platforms ?? []).flatMap(platform => [platform.digest, platform.config])],
    by: whoRuns(process.env),
    directory,
  };
}

/** Copies are asked for of a router that makes them, and judged by what the pods count: their answers are dropped. */
function refuseMirror({ router, strategy, metrics }: ClusterInputs): void {
  if (strategy !== 'canary')
    throw wrong(
      'INPUT_INVALID',
      `"mirror" is given, but strategy is "${strategy}"`,
      'Requests are copied in the first step of a canary: leave the input out, or set strategy: canary.',
    );
  if (router === 'service')
    throw wrong(
      'INPUT_INVALID',
      '"mirror" is given, but router is "service": a plain Service copies no requests',
      'Set router: traefik, gateway or istio, or leave the input out.',
    );
  if (metrics.length === 0)
    throw wrong(
      'METRICS_MISSING',
      '"mirror" is given without "metrics", and the answers to copied requests are dropped',
      'Set prometheus-url and metrics, for example `- errors` and `- latency`: what the pods count is what can be judged.',
    );
}

function wrong(code: string, message: string, hint: string): SlipwayError {
  return new SlipwayError(code, message, { hint: `${hint} Nothing was changed.` });
}
