import { isDeepStrictEqual } from 'node:util';
import { type KubeObject, nameOf } from '../../core/kubernetes/index.ts';
import { countsOf } from '../rollout.ts';

interface Found {
  readonly live: KubeObject;
  readonly desired: KubeObject;
  readonly autoscaler: KubeObject | undefined;
}

/** What is to be known of a StatefulSet or DaemonSet before its pods are replaced. Pure. */
export function setNotes({ live, desired, autoscaler }: Found): string[] {
  const { wanted, available } = countsOf(live);
  return [
    'users reach a new pod as soon as it is ready; the share of the release is that of its pods',
    ...(available < wanted ? [`only ${available} of ${wanted} pods are available now`] : []),
    ...(autoscaler !== undefined && desired.kind === 'StatefulSet'
      ? [`pods that ${nameOf(autoscaler)} adds meanwhile have the highest ordinals, and so the new release`]
      : []),
    ...(desired.kind === 'DaemonSet' && movesPods(live, desired)
      ? [
          'the template chooses its nodes otherwise: on those that are new pods of the new release start at once, on those that are none any more pods end at once',
        ]
      : []),
  ];
}

/** Fields by which a DaemonSet's controller tells on which nodes its pods belong. */
function movesPods(live: KubeObject, desired: KubeObject): boolean {
  const places = ({ spec }: KubeObject) => {
    const { nodeSelector, affinity, tolerations, nodeName } = spec.template.spec;
    return [nodeSelector, affinity, tolerations, nodeName];
  };
  return !isDeepStrictEqual(places(live), places(desired));
}
