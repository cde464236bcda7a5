import { SlipwayError } from '../../core/errors.ts';
import { bool, choice, lines, mapped, pairs, text } from '../../core/values.ts';

/** Where a build with buildx runs. */
export type Builder =
  /** One that exists already, e.g. made by docker/setup-buildx-action. */
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'remote'; readonly endpoint: string }
  | { readonly kind: 'kubernetes' };

/** A BuildKit that listens somewhere or runs in a pod, a Kubernetes cluster, or the name of a builder. */
export function parseBuilder(given: string): Builder {
  if (given === 'kubernetes') return { kind: 'kubernetes' };
  if (/^tcp:\/\/[^/\s]+:\d{1,5}$/.test(given) || /^unix:\/\/\/\S+$/.test(given) || isPod(given))
    return { kind: 'remote', endpoint: given };
  if (/^[A-Za-z][\w.-]*$/.test(given)) return { kind: 'named', name: given };
  throw new SlipwayError('BUILDER_INVALID', 'it is neither an endpoint nor a name');
}

/** `kube-pod://POD?context=…&namespace=…&container=…`, as BuildKit takes it; names with anything else it refuses, too. */
function isPod(given: string): boolean {
  const [, pod, query = ''] = /^kube-pod:\/\/([-a-z0-9.]+)(?:\?(\S+))?$/.exec(given) ?? [];
  if (pod === undefined) return false;
  return [...new URLSearchParams(query)].every(
    ([name, value]) => name === 'context' || (/^(namespace|container)$/.test(name) && /^[-a-z0-9.]+$/.test(value)),
  );
}

/** Inputs for a Dockerfile, named as in docker/build-push-action. */
export const dockerfileInputs = {
  engine: {
    description:
      '`native` makes the image of binaries, `buildx` (BuildKit) and `buildah` of a Dockerfile; `auto`: native, unless an input for a Dockerfile is given; then the one of the two that is installed.',
    value: choice('auto', 'native', 'buildx', 'buildah'),
    default: 'auto',
  },
  context: {
    description:
      'For a Dockerfile: its build context, a folder or a git URL. Default: `.`, with all files of earlier steps.',
    value: text,
  },
  file: { description: 'Path of the Dockerfile. Default: `Dockerfile` in the context.', value: text },
  target: { description: 'Stage of the Dockerfile that is built. Default: the last.', value: text },
  'build-args': {
    description: 'Build arguments: `NAME=value`, one a line. They stay readable in the image: no secrets.',
    value: pairs,
    default: '',
  },
  'build-contexts': {
    description: 'Further build contexts: `NAME=PATH` or `NAME=docker-image://…`, one a line.',
    value: pairs,
    default: '',
  },
  secrets: {
    description:
      'Secrets for `RUN --mount=type=secret,id=ID`: `ID=value`, one a line. They reach the engine by its environment only.',
    value: pairs,
    default: '',
    secret: true,
  },
  'secret-files': { description: 'Secrets in files: `ID=PATH`, one a line.', value: pairs, default: '' },
  'secret-envs': {
    description: 'Secrets in environment variables: `ID=VARIABLE`, one a line.',
    value: pairs,
    default: '',
  },
  'cache-from': {
    description: 'Caches that are read, as of buildx: `type=gha`, `type=registry,ref=…`; buildah: a repository.',
    value: lines,
    default: '',
  },
  'cache-to': {
    description: 'Caches that are written, as of buildx: `type=gha,mode=max`; buildah: a repository.',
    value: lines,
    default: '',
  },
  'no-cache': { description: 'Run every step of the Dockerfile anew.', value: bool, default: 'false' },
  pull: { description: 'Ask the registry for base images even if they are there.', value: bool, default: 'false' },
  network: {
    description: 'Network of RUN steps.',
    value: choice('default', 'none', 'host'),
    default: 'default',
  },
  builder: {
    description:
      'Where buildx builds: a BuildKit at `tcp://HOST:PORT` or `unix:///PATH`, or in a pod, `kube-pod://POD?namespace=…` (through kubectl); `kubernetes` (pods of its own, by the current kubeconfig); or the name of a builder. Default: the current builder.',
    value: mapped(text, 'tcp://HOST:PORT, unix:///PATH, kube-pod://POD, kubernetes or a name', parseBuilder),
  },
  'driver-opts': {
    description:
      'Options of that builder as of `buildx create --driver-opt`, one a line: `cacert=ca.pem`, `cert=…`, `key=…` for tcp; `namespace=…` for kubernetes.',
    value: lines,
    default: '',
  },
} as const;
