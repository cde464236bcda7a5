import { SlipwayError } from '../errors.ts';
import { notRolledOut, otherKind } from './other-workloads.ts';

/** `deployment/hello`. Deployments are the only kind that is rolled out here. */
export interface WorkloadName {
  readonly kind: 'Deployment';
  readonly name: string;
}

const dnsName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Reads `deployment/hello`, `deploy/hello` or `hello`. */
export function parseWorkload(text: string): WorkloadName {
  const [kind, name, ...rest] = text.includes('/') ? text.split('/') : ['deployment', text];
  const other = otherKind(kind!);
  if (other !== undefined && rest.length === 0 && name !== undefined) throw notRolledOut(other, name);
  const known = /^(deploy|deployments?(\.apps)?)$/i.test(kind!);
  if (!known || rest.length > 0 || name === undefined || !dnsName.test(name)) {
    throw new SlipwayError('WORKLOAD_INVALID', `"${text}" names no Deployment`, {
      hint: 'Write deployment/NAME, e.g. deployment/hello.',
    });
  }
  return { kind: 'Deployment', name };
}

export function deploymentPath(namespace: string, name = ''): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
}

/** Path of a namespaced object of the core group: pods, services, configmaps, events. */
export function corePath(namespace: string, resource: string, name = ''): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
}
