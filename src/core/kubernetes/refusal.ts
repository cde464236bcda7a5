import { SlipwayError } from '../errors.ts';
import { ApiError } from './api-error.ts';
import { type KubeObject, nameOf } from './objects.ts';

/** How the API server begins its answer to an apply whose fields do not fit the kind's schema; it gives no reason and status 500. */
export const misfit = /^failed to create typed patch object \([^)]*\): /;

/**
 * Why an object cannot be applied, in the words of the person who wrote the manifest. What is no refusal of this object (no
 * connection, a conflict that was explained already) comes back as it is.
 */
export function explainRefusal(object: KubeObject, error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const said = error.said;
  const refuse = (code: string, why: string, hint: string) =>
    new SlipwayError(code, `${nameOf(object)}: ${why}`, { hint: `${hint} Nothing was changed.`, cause: error });
  if (misfit.test(said)) {
    const [, field = '', what = said] = /^\.?(\S+): (.*)$/s.exec(said.replace(misfit, '')) ?? [];
    return what.startsWith('field not declared in schema')
      ? refuse(
          'FIELD_UNKNOWN',
          `there is no field ${field} in ${object.apiVersion} ${object.kind}`,
          'Correct its name.',
        )
      : refuse('FIELD_INVALID', `the field ${field}: ${what}`, 'Correct its value.');
  }
  if (error.status === 404 && error.details?.kind === 'namespaces')
    return refuse(
      'NAMESPACE_MISSING',
      `the namespace ${error.details.name} does not exist`,
      `Make it first: kubectl create namespace ${error.details.name}.`,
    );
  if (error.status === 422) {
    const causes = error.details?.causes ?? [];
    const fixed = causes.filter(({ message = '' }) => immutable.test(message));
    const shown = (fixed.length > 0 ? fixed : causes).map(({ field, message }) => `${field}: ${message}`);
    if (fixed.length > 0)
      return refuse(
        'IMMUTABLE_FIELD',
        `fields that cannot be changed in an object that is there: ${shown.join('; ')}`,
        `Give them the values that they have now (kubectl get ${object.kind.toLowerCase()} ${object.metadata.name} -o yaml), or give the object another name.`,
      );
    return refuse('FIELD_INVALID', shown.length === 0 ? said : shown.join('; '), 'Correct the manifest.');
  }
  const [, verb, resource, group = ''] = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"/.exec(said) ?? [];
  if (error.status === 403 && verb !== undefined)
    return new SlipwayError(
      'PERMISSION_MISSING',
      `the kubeconfig's user may not ${verb} ${resource}${group === '' ? '' : `.${group}`}`,
      { hint: 'Manifests need get, create and patch of their resources. Nothing was changed.', cause: error },
    );
  if (error.status === 403 && /exceeded quota/.test(said))
    return refuse(
      'QUOTA_EXCEEDED',
      said.replace(/^.*exceeded quota/, 'it exceeds the quota'),
      'Raise the ResourceQuota.',
    );
  if (error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating'))
    return refuse('NAMESPACE_ENDING', 'its namespace is being deleted', 'Wait, and make the namespace again.');
  if (/admission webhook|ValidatingAdmissionPolicy|violates PodSecurity/.test(said))
    return refuse('ADMISSION_REFUSED', said, 'The rule that refuses it is named above.');
  return error;
}

const immutable = /field is immutable|may not (be )?change|cannot be changed|updates to .* are forbidden/;
