import { signerInputs } from '../core/attestation/inputs.ts';
import { define } from '../core/definition.ts';
import { SlipwayError } from '../core/errors.ts';
import { parseChecks } from '../core/health/parse-checks.ts';
import { parseWorkload } from '../core/kubernetes/workload.ts';
import { insecure } from '../core/registry/insecure.ts';
import { formatReference, parseReference } from '../core/registry/reference.ts';
import { riskInputs } from '../core/risk/inputs.ts';
import { bool, choice, duration, lines, list, mapped, number, text } from '../core/values.ts';
import { beforeInputs } from './before/inputs.ts';
import { clustersInputs } from './clusters/inputs.ts';
import { metrics } from './metrics/forms.ts';
import { parsePlace } from './metrics/source.ts';
import { mirrorInputs } from './mirror.ts';
import { scaffoldInputs } from './scaffold/inputs.ts';
import { parseSteps } from './steps.ts';

export const definition = define({
  name: 'deploy-k8s-canary',
  title: 'Slipway: deploy to Kubernetes',
  description:
    'Rolls an image out on Kubernetes step by step, decides by statistics, and rolls back by itself; nothing is installed in the cluster.',
  icon: 'git-branch',
  color: 'blue',
  inputs: {
    mode: {
      description:
        '`plan` shows what would be done and writes nothing; `deploy`; `render` does the same through git, for clusters that Argo CD or Flux keeps as a repository says, see “GitOps” below; `status`; `doctor` looks at what the production checklist is about, for `slipway doctor`; `rollback` goes back to the release before. Of an unfinished rollout: `pause` holds it at its weight, `resume` goes on where it was, `promote` ends the waiting and goes to 100 %, `abort` sends all traffic to the old release. `scaffold` writes manifests into the working directory, and asks no cluster.',
      value: choice(
        'plan',
        'deploy',
        'render',
        'status',
        'rollback',
        'pause',
        'resume',
        'promote',
        'abort',
        'scaffold',
        'doctor',
      ),
      default: 'deploy',
    },
    kubeconfig: {
      description: 'Text of a kubeconfig. Default: the files that the environment variable `KUBECONFIG` names.',
      value: text,
      secret: true,
    },
    context: { description: 'Context of the kubeconfig. Default: its current context.', value: text },
    namespace: { description: 'Namespace. Default: the context’s, else `default`.', value: text },
    ...clustersInputs,
    manifests: {
      description:
        'Manifests to apply (server-side): paths or globs, one a line. Default: only the image of `workload` is changed. With `mode: render`: the files in the working tree that say image and weights, which are changed and not applied: manifests, a kustomization with `images:`, `FILE#PATH.OF.IMAGE` of values.',
      value: lines,
      default: '',
    },
    push: {
      description:
        'With `mode: render`: push each commit to the branch that is checked out, and wait for the cluster to follow. `false` makes one commit, with the digest, and leaves it in the working tree; a run that finds the digest committed already waits for the cluster.',
      value: bool,
      default: 'false',
    },
    'sync-timeout': {
      description: 'With `mode: render`: how long the cluster may take to show what was pushed. Part of `timeout`.',
      value: duration,
      default: '10m',
    },
    workload: {
      description:
        'What is rolled out: `deployment/NAME`, `statefulset/NAME` or `daemonset/NAME` (see “StatefulSets and DaemonSets” below). Default: the only Deployment in `manifests`, or, without any, the only StatefulSet or DaemonSet.',
      value: mapped(text, 'deployment/NAME, statefulset/NAME or daemonset/NAME', parseWorkload),
    },
    container: {
      description: 'Container whose image is set. Default: the only one, or the one named as the workload.',
      value: text,
    },
    image: {
      description:
        'Image to deploy, best by digest: `ghcr.io/acme/hello@sha256:…`. Default: the record’s image, by digest.',
      value: mapped(text, 'an image reference with its registry', given => formatReference(parseReference(given))),
    },
    'registry-username': {
      description:
        'User at the image’s registry, which is asked whether it has the image. Otherwise: the pods’ pull secrets; Docker’s config.json; GITHUB_TOKEN for ghcr.io.',
      value: text,
    },
    'registry-password': { description: 'Password or token that belongs to it.', value: text, secret: true },
    'insecure-registries': {
      description:
        'Registries that are asked by plain HTTP: hosts, or `true` for all. This machine itself always is; how nodes pull is their own matter.',
      value: insecure,
      default: 'false',
    },
    'require-attestation': {
      description:
        'Public key in PEM, or its path, or `keyless`: an image without a Sigstore bundle of this key, or of the identity that the next inputs name, attached (signature, provenance, SBOM; by `sign` of build-multiarch-image, cosign or actions/attest) is refused.',
      value: text,
    },
    ...signerInputs,
    ...beforeInputs,
    ...scaffoldInputs,
    strategy: {
      description:
        '`canary` puts the new release beside the old one and shifts traffic; `blue-green` starts as many new pods as there are old ones, watches them for `step-duration` behind the Service NAME-preview, and switches all traffic at once; `rolling` replaces pods. The first deploy is always rolling. `auto`: strategy and steps that the risk of the release comes to, see below.',
      value: choice('canary', 'blue-green', 'rolling', 'auto'),
      default: 'canary',
    },
    ...riskInputs,
    router: {
      description:
        '`service`: the share is the ratio of pods behind the Service. `gateway`: weights of an HTTPRoute. `traefik`: of an IngressRoute or a TraefikService. `istio`: of a VirtualService (checked at the API only, see below).',
      value: choice('service', 'gateway', 'traefik', 'istio'),
      default: 'service',
    },
    route: {
      description:
        'The object whose weights are changed: `NAME` or `KIND/NAME`, e.g. `ingressroute/hello`. Default: the only one of the router’s kinds that leads to the workload’s Service.',
      value: text,
    },
    steps: {
      description:
        'Percentages of the traffic: strictly increasing, ending at 100. At 0 the new pods are probed, but no user reaches them. `auto`: 0, then doubled from 1 to 50, each step as short as the evidence of own and of users’ requests allows, at the longest `step-duration`.',
      value: mapped(list, 'increasing percentages that end at 100, e.g. 0,50,100, or auto', parseSteps),
      default: '0,50,100',
    },
    baseline: {
      description:
        'Which pods of the old release the new ones are compared with: `stable`, those that serve, or `fresh`: as many pods of the old release as there are of the new one are started beside them, just as young, and get their share of the traffic until the rollout ends. Of strategy `canary`; with `router: service`, steps below 100 are then at most 33.',
      value: choice('stable', 'fresh'),
      default: 'stable',
    },
    'keep-old': {
      description:
        'How long after the switch of `strategy: blue-green` the run goes on watching and the old pods stay as they were: going back is a switch within seconds (when errors are found, when the job is cancelled, by `mode: rollback` after the runner died). Part of `timeout`.',
      value: duration,
      default: '5m',
    },
    'step-duration': { description: 'How long each step is watched.', value: duration, default: '30s' },
    ...mirrorInputs,
    'warm-up': {
      description:
        'How long a new pod has been ready before traffic is shifted to it: a step’s weight stays what it was until all of its pods are warm. What they answer before is left out of the comparison. Behind a plain Service the last step is a rolling update, which does not wait: see “Warm-up” below.',
      value: duration,
      default: '30s',
    },
    probes: {
      description:
        'The action’s own requests through the router, one a line (`http://host/ 200 within 500ms`) or YAML as in verify-health. The same is asked of each side for itself, with `router: gateway` through the route by a header, else of the pods through the API server: that is what the verdict compares, with `metrics`. A canary needs one of the two.',
      value: mapped(text, 'checks such as http://host/ 200', parseChecks, 'checks'),
      default: '',
    },
    'probe-rate': { description: 'Own requests a second to each side.', value: number(1, 200), default: '20' },
    'prometheus-url': {
      description:
        'Prometheus, or what speaks its API, which is asked for `metrics`: a URL, or `service:NAMESPACE/NAME:PORT` through the API server.',
      value: mapped(text, 'a URL or service:NAMESPACE/NAME:PORT', parsePlace),
    },
    'prometheus-token': { description: 'Bearer token of each query.', value: text, secret: true },
    'prometheus-headers': {
      description: 'Headers of each query, `Name: value`, one a line.',
      value: lines,
      secret: true,
      default: '',
    },
    metrics: {
      description:
        'What users’ requests are compared by, as YAML: `errors`, `latency`, and own ones with `numerator`, `denominator` and `better: lower | higher`, or `histogram` with `threshold` or `quantile`. See “Metrics” below.',
      value: metrics,
      default: '',
    },
    'group-by': {
      description:
        'Labels of the metrics (`region`, `endpoint`) whose values are compared each for itself, so that one bad region is not hidden in the whole.',
      value: list,
      default: '',
    },
    'pod-labels': {
      description: 'The two labels by which Prometheus names a pod: of its namespace and of its name.',
      value: mapped(list, 'two labels', twoLabels),
      default: 'namespace,pod',
    },
    tolerance: {
      description: 'Error rate that is still acceptable, where nothing is left to compare with.',
      value: number(0.0001, 0.5),
      default: '0.01',
    },
    alpha: {
      description:
        'Chance at most, in each of the two tests (against the old pods; through the router, against `tolerance`), that a good release is rolled back.',
      value: number(0.000001, 0.5),
      default: '0.01',
    },
    beta: {
      description:
        'Chance at most that a release is promoted that fails at least three times as often as the old one and more often than `tolerance`.',
      value: number(0.000001, 0.5),
      default: '0.05',
    },
    'on-inconclusive': {
      description:
        'When the evidence suffices neither to promote nor to roll back after the last step below 100: `extend` goes on watching until `timeout` and then rolls back; `rollback`; `hold` leaves the canary at its weight (for `mode: resume`, `promote` or `abort`); `promote` goes on if requests were seen at all, and records that it was inconclusive.',
      value: choice('extend', 'rollback', 'hold', 'promote'),
      default: 'extend',
    },
    'on-dead-run': {
      description:
        'What `mode: deploy` does with an unfinished rollout that nobody drives any more, because its runner died or `max-runtime` was over: `resume` goes on with it if it is the same that is asked for now; `abort`, or another release: all traffic on the old release first.',
      value: choice('resume', 'abort'),
      default: 'resume',
    },
    'max-runtime': {
      description:
        'After it the job ends as `progressing`, the canary at its weight, for another job with `mode: resume`: for rollouts that take longer than a job may. The default is no limit.',
      value: duration,
    },
    timeout: {
      description:
        'The whole rollout: the running time of all its jobs together. After it, the release is rolled back.',
      value: duration,
      default: '15m',
    },
  },
  outputs: {
    release: 'Path of the release record.',
    state:
      '`healthy`, `unchanged`, `rolled-back`, `failed`, `inconclusive`, `paused` or `progressing`. Of several clusters the worst, which may also be `unreachable` or `not-begun`.',
    previous: 'The image before; of several clusters, of the first.',
    changed: 'Whether something else runs now than before: `true` or `false`.',
    checkup: 'With `mode: doctor`, what was seen in each cluster, as JSON.',
    clusters:
      'JSON, NAME → `{place, wave, state, image, previous, changed, error}` of each cluster; without the input `clusters`, of the one under the name of its context.',
  },
});

function twoLabels(labels: string[]): string[] {
  if (labels.length === 2 && labels.every(label => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label))) return labels;
  throw new SlipwayError('INPUT_INVALID', `${labels.join(',')} are not two names of labels`);
}
