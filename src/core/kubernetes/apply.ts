import { retry } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import { type ApiError, isApiError } from './api-error.ts';
import { type Cluster, contentTypes } from './cluster.ts';
import { type KubeObject, nameOf } from './objects.ts';

/** Who the fields belong to that are set here. https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
export const fieldManager = 'slipway';

export interface ApplyOptions {
  /** The server does everything but store it. */
  readonly dryRun?: boolean;
  /** In whose name; default: {@link fieldManager}. */
  readonly manager?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Server-side apply of raw JSON. Fields that another manager owns with another value are never taken: the error names the
 * manager and the fields. Fields that we patched ourselves earlier (weights, a rollback) are ours and are taken.
 */
export async function serverSideApply(
  cluster: Cluster,
  path: string,
  object: KubeObject,
  options: ApplyOptions = {},
): Promise<KubeObject> {
  const send = (force: boolean) => {
    const once = (signal: AbortSignal | undefined) =>
      cluster.request<KubeObject>('PATCH', path, {
        body: object,
        contentType: contentTypes.apply,
        query: {
          fieldManager: options.manager ?? fieldManager,
          force: force || undefined,
          dryRun: options.dryRun ? 'All' : undefined,
          fieldValidation: 'Strict',
        },
        signal,
      });
    // one that is bound to a version has its caller to read the new one
    return object.metadata.resourceVersion === undefined ? untilWon(path, once, options.signal) : once(options.signal);
  };
  try {
    return await send(false);
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    const conflicts = conflictsOf(error);
    if (conflicts.length === 0) throw error;
    const foreign = conflicts.filter(
      ({ manager }) => manager !== fieldManager && manager !== `${fieldManager}-replicas`,
    );
    if (foreign.length === 0) return send(true);
    throw conflictError(object, foreign);
  }
}

interface Conflict {
  readonly manager: string;
  readonly field: string;
}

/** `conflict with "kubectl-edit" using apps/v1` → kubectl-edit. */
function conflictsOf(error: ApiError): Conflict[] {
  return (error.details?.causes ?? [])
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ message = '', field = '' }) => ({
      manager: /conflict with "([^"]*)"/.exec(message)?.[1] ?? message,
      field,
    }));
}

function conflictError(object: KubeObject, conflicts: readonly Conflict[]): SlipwayError {
  const managers = [...new Set(conflicts.map(({ manager }) => manager))];
  const fields = managers.map(
    manager =>
      `${manager} owns ${conflicts
        .filter(one => one.manager === manager)
        .map(one => one.field)
        .join(', ')}`,
  );
  return new SlipwayError('APPLY_CONFLICT', `${nameOf(object)} cannot be applied: ${fields.join('; ')}`, {
    hint: `Leave these fields out of the manifests, or let ${managers.join(' and ')} give them up: \`kubectl apply --server-side --force-conflicts --field-manager=${fieldManager}\` takes them once.`,
  });
}

export interface PatchOperation {
  readonly op: 'test' | 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** A JSON Patch path's part: `app/x` → `app~1x`. RFC 6901. */
export function pointer(...parts: readonly (string | number)[]): string {
  return parts.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * Reads an object, lets `plan` say what to change, and changes exactly that object: the resourceVersion that was read is part
 * of the patch. When somebody was faster it reads and plans again, after a pause that grows: an object that a busy
 * controller writes to (an autoscaler, a rollout's status) is won within seconds.
 *
 * @param plan gives the operations, or undefined when the object already is as it should be; throws when it must not be changed
 * @returns the object as it is now
 */
export async function patchObject(
  cluster: Cluster,
  path: string,
  plan: (object: KubeObject) => readonly PatchOperation[] | undefined,
  signal?: AbortSignal,
): Promise<KubeObject> {
  const change = cluster.change?.(path);
  if (change !== undefined) return change(plan, signal);
  const once = async (limited: AbortSignal) => {
    const object = await cluster.request<KubeObject>('GET', path, { signal: limited });
    const operations = plan(object);
    if (operations === undefined || operations.length === 0) return object;
    const { resourceVersion: value } = object.metadata;
    return cluster.request<KubeObject>('PATCH', path, {
      body: [{ op: 'test', path: '/metadata/resourceVersion', value }, ...operations],
      contentType: contentTypes.jsonPatch,
      query: { fieldManager },
      signal: limited,
    });
  };
  // a failed test answers 422 without a field that it names
  return untilWon(path, once, signal, error => isConflict(error) || (isApiError(error, 422) && !namesFields(error)));
}

/** Does it again when somebody else wrote to the object at the same moment, after a pause that grows. */
export async function untilWon<T>(
  path: string,
  once: (limited: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
  lostRace: (error: unknown) => boolean = isConflict,
): Promise<T> {
  try {
    return await retry(once, {
      doing: `changing ${path}`,
      signal: signal ?? new AbortController().signal,
      attempts: 10,
      within: 120_000,
      pause: 50,
      retriable: lostRace,
    });
  } catch (error) {
    // what ends a later try is as good as what ends the first: callers tell codes and statuses apart
    const { cause } = error as Error;
    throw cause instanceof Error && !lostRace(cause) ? cause : error;
  }
}

/** A lost race in the store; a field that another manager owns is named. */
function isConflict(error: unknown): boolean {
  return isApiError(error, 409) && !namesFields(error);
}

function namesFields({ details }: ApiError): boolean {
  return (details?.causes ?? []).length > 0;
}

/** Deletes an object with everything it owns; one that is not there is no error. */
export async function deleteObject(cluster: Cluster, path: string, signal?: AbortSignal): Promise<void> {
  const query = { propagationPolicy: 'Background' };
  try {
    await untilWon(path, limited => cluster.request('DELETE', path, { query, signal: limited }), signal);
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

/** The object, or undefined when there is none. */
export async function getObject<T = KubeObject>(
  cluster: Cluster,
  path: string,
  signal?: AbortSignal,
): Promise<T | undefined> {
  try {
    return await cluster.request<T>('GET', path, { signal });
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}
