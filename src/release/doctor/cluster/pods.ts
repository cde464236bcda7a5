import type { ClusterCheckup } from '../../../core/checkup.ts';
import { type Check, judge } from '../check.ts';

/** Seconds that requests under way have. */
const leastGrace = 10;

export const podChecks: readonly Check<ClusterCheckup>[] = [
  {
    id: 'pod-limits',
    title:
      'Containers request cpu and memory, have a limit of memory, and Go is told (GOMEMLIMIT; GOMAXPROCS with a limit of cpu).',
    reason:
      'A pod without them is the first to be evicted, or takes its node’s memory; Go that does not know its limit is killed at it.',
    fix: 'Write `resources` and the two variables into the manifest; `slipway scaffold` writes them.',
    level: 'must',
    look: ({ place, containers, program }) => [
      judge(
        place,
        containers.flatMap(({ name, requests, limits, variables }) => [
          ...['cpu', 'memory'].filter(one => requests[one] === undefined).map(one => `${name} requests no ${one}`),
          ...(limits['memory'] === undefined ? [`${name} has no limit of memory`] : []),
          ...(name === program && !variables.includes('GOMEMLIMIT') ? [`${name} has no GOMEMLIMIT`] : []),
          ...(name === program && limits['cpu'] !== undefined && !variables.includes('GOMAXPROCS')
            ? [`${name} has no GOMAXPROCS`]
            : []),
        ]),
      ),
    ],
  },
  {
    id: 'pod-probes',
    title: 'The program has a readiness and a liveness probe.',
    reason: 'Without them a pod gets requests before it can answer, and one that hangs stays.',
    fix: 'Write `readinessProbe` and `livenessProbe` into the manifest.',
    level: 'must',
    look: ({ place, containers, program }) => [
      judge(
        place,
        containers
          .filter(({ name }) => name === program)
          .flatMap(({ probes }) => ['readinessProbe', 'livenessProbe'].filter(one => !probes.includes(one)))
          .map(one => `no ${one}`),
      ),
    ],
  },
  {
    id: 'pod-stop',
    title: `Pods have ${leastGrace} seconds or more to end.`,
    reason: 'Requests under way are cut at each release and each drained node.',
    fix: 'Write `terminationGracePeriodSeconds: 30`, and let the program use it.',
    level: 'must',
    look: ({ place, pod: { gracePeriod } }) => [
      judge(
        place,
        gracePeriod < leastGrace ? [`terminationGracePeriodSeconds: ${gracePeriod}`] : [],
        `${gracePeriod} s`,
      ),
    ],
  },
  {
    id: 'pod-image',
    title: 'Every container’s image is named by digest.',
    reason: 'A tag leads to another image tomorrow: pods of one Deployment run two programs.',
    fix: 'Let a release set it (it does so by digest), and name those of sidecars by digest in the manifest.',
    level: 'must',
    look: ({ place, containers }) => [
      judge(
        place,
        containers.map(({ image }) => image).filter(image => !image.includes('@sha256:')),
      ),
    ],
  },
  {
    id: 'pod-user',
    title: 'Containers are not root, gain nothing, write nowhere but in volumes, and share nothing with the node.',
    reason: 'The sandbox decides what a hole in the program is worth: its data, or the node.',
    fix: 'Write the `securityContext` of Pod Security “restricted” and `readOnlyRootFilesystem: true`; `slipway scaffold` does.',
    level: 'must',
    look: ({ place, pod, containers }) => [
      judge(place, [
        ...pod.ofHost,
        ...pod.hostPaths.map(path => `hostPath ${path}`),
        ...containers.flatMap(({ name, securityContext: own }) => {
          const all = { ...pod.securityContext, ...own };
          return [
            ...(all.privileged === true ? [`${name} is privileged`] : []),
            ...(all.runAsNonRoot !== true || all.runAsUser === 0 ? [`${name} may be root`] : []),
            ...(all.allowPrivilegeEscalation !== false ? [`${name} may gain privileges`] : []),
            ...(all.capabilities?.drop?.includes('ALL') ? [] : [`${name} keeps capabilities`]),
            ...(all.readOnlyRootFilesystem !== true ? [`${name} can write its root file system`] : []),
            ...(all.seccompProfile === undefined ? [`${name} has no seccompProfile`] : []),
          ];
        }),
      ]),
    ],
  },
  {
    id: 'pod-token',
    title: 'Pods have no token of the API server.',
    reason: 'Whoever gets into the program can ask the cluster with it.',
    fix: 'Write `automountServiceAccountToken: false` into the pod, unless the program asks the API server itself.',
    level: 'should',
    look: ({ place, pod }) => [judge(place, pod.hasToken ? ['automountServiceAccountToken is not false'] : [])],
  },
];
