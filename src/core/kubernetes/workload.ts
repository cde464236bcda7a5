import { SlipwayError } from '../errors.ts';
import { notRolledOut, otherKind } from './other-workloads.ts';

/** What is rolled out here. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** `deployment/hello`. */
export interface WorkloadName {
  readonly kind: WorkloadKind;
  readonly name: string;
}

const words: readonly (readonly [RegExp, WorkloadKind])[] = [
  [/^(deploy|deployments?(\.apps)?)$/i, 'Deployment'],
  [/^(sts|statefulsets?(\.apps)?)$/i, 'StatefulSet'],
  [/^(ds|daemonsets?(\.apps)?)$/i, 'DaemonSet'],
];

const dnsName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Reads `deployment/hello`, `deploy/hello` or `hello`, which all are the same; `statefulset/hello`, `daemonset/hello`. */
export function parseWorkload(text: string): WorkloadName {
  const [kind, name, ...rest] = text.includes('/') ? text.split('/') : ['deployment', text];
  const other = otherKind(kind!);
  if (other !== undefined && rest.length === 0 && name !== undefined) throw notRolledOut(other, name);
  const known = words.find(([word]) => word.test(kind!))?.[1];
  if (known === undefined || rest.length > 0 || name === undefined || !dnsName.test(name)) {
    throw new SlipwayError('WORKLOAD_INVALID', `"${text}" names no workload`, {
      hint: 'Write deployment/NAME, statefulset/NAME or daemonset/NAME.',
    });
  }
  return { kind: known, name };
}

export function deploymentPath(namespace: string, name = ''): string {
  return workloadPath(namespace, { kind: 'Deployment', name });
}

/** Path of a workload, or, without a name, of all of its kind. */
export function workloadPath(namespace: string, { kind, name = '' }: { kind: WorkloadKind; name?: string }): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${kind.toLowerCase()}s${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
}

/** Path of a namespaced object of the core group: pods, services, configmaps, events. */
export function corePath(namespace: string, resource: string, name = ''): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
}
