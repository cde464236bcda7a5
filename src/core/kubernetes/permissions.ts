import pMap from 'p-map';
import { SlipwayError } from '../errors.ts';
import type { Cluster } from './cluster.ts';

/** `patch deployments.apps`, `get pods/proxy`: verb and resource[.group][/subresource]. */
export interface Permission {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** Reads `create,patch deployments.apps` into one permission a verb. */
export function permissions(...texts: readonly string[]): Permission[] {
  return texts.flatMap(text => {
    const [verbs = '', what = ''] = text.split(' ');
    const [path = '', subresource] = what.split('/');
    const [resource = '', ...group] = path.split('.');
    return verbs
      .split(',')
      .map(verb => ({ verb, group: group.join('.'), resource, ...(subresource === undefined ? {} : { subresource }) }));
  });
}

/** Which of them the kubeconfig's user does not have in the namespace. Asks by access reviews, which store nothing. */
export async function missingPermissions(
  cluster: Cluster,
  wanted: readonly Permission[],
  signal?: AbortSignal,
): Promise<Permission[]> {
  const answers = await pMap(
    wanted,
    async ({ verb, group, resource, subresource }) => {
      const resourceAttributes = {
        namespace: cluster.namespace,
        verb,
        group,
        resource,
        ...(subresource === undefined ? {} : { subresource }),
      };
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      };
      const review = await cluster.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        body,
        signal,
        harmless: true,
      });
      return review.status?.allowed === true;
    },
    { concurrency: 8 },
  );
  return wanted.filter((_, index) => !answers[index]);
}

/** Throws an error that names every missing verb with its resource. */
export async function requirePermissions(
  cluster: Cluster,
  wanted: readonly Permission[],
  signal?: AbortSignal,
): Promise<void> {
  const missing = await missingPermissions(cluster, wanted, signal);
  if (missing.length === 0) return;
  const named = missing.map(
    ({ verb, group, resource, subresource }) =>
      `${verb} ${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`,
  );
  throw new SlipwayError(
    'PERMISSION_MISSING',
    `the kubeconfig's user may not ${named.join(', ')} in the namespace ${cluster.namespace}`,
    {
      hint: 'Nothing was changed. Give it a Role with these verbs and bind it with a RoleBinding.',
    },
  );
}
