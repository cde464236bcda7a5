import { SlipwayError } from '../errors.ts';
import { isApiError } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { type KubeObject, nameOf } from './objects.ts';

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Where objects of any kind are found: asks the API server which resource an apiVersion and a kind are, once per group. */
export class Kinds {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, Promise<readonly Resource[] | undefined>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Path of an object; `namespace` stands in where it names none. A kind that the cluster does not have is an error. */
  async pathOf(object: KubeObject, signal?: AbortSignal, namespace = this.#cluster.namespace): Promise<string> {
    const resource = await this.find(object.apiVersion, object.kind, signal);
    if (resource === undefined) {
      throw new SlipwayError(
        'KIND_UNKNOWN',
        `${nameOf(object)}: the cluster "${this.#cluster.contextName}" has no kind ${object.kind} in ${object.apiVersion}`,
        {
          hint: 'Install the CustomResourceDefinition first (for HTTPRoute: the Gateway API’s), or correct apiVersion and kind.',
        },
      );
    }
    const inside = resource.namespaced
      ? `/namespaces/${encodeURIComponent(object.metadata.namespace ?? namespace)}`
      : '';
    return `${groupPath(object.apiVersion)}${inside}/${resource.name}/${encodeURIComponent(object.metadata.name)}`;
  }

  async find(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource | undefined> {
    const found = this.#known.get(apiVersion) ?? this.#ask(apiVersion, signal);
    this.#known.set(apiVersion, found);
    // subresources such as deployments/scale have kinds too
    return (await found)?.find(resource => resource.kind === kind && !resource.name.includes('/'));
  }

  async #ask(apiVersion: string, signal?: AbortSignal): Promise<readonly Resource[] | undefined> {
    try {
      return (await this.#cluster.request<{ resources: Resource[] }>('GET', groupPath(apiVersion), { signal }))
        .resources;
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
