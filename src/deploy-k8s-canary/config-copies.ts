import { createHash } from 'node:crypto';
import { type KubeObject, nameOf, type WorkloadName } from '../core/kubernetes/index.ts';
import { type ConfigName, configReferences, keyOf, mentions, withConfigNames } from './config-references.ts';
import { labels } from './names.ts';

/** Label `slipway/track` of the copies. */
export const configTrack = 'config';

/** A release's ConfigMaps and Secrets: what the manifests have, with those that its pods read under a name of their own. */
export interface Versioned {
  readonly objects: readonly KubeObject[];
  /** The template, reading the copies. */
  readonly template: object;
  /** Another pod template, reading the copies. */
  readonly read: (template: object) => object;
  /** The copies among the objects, with the name that stands in the manifests. */
  readonly copies: ReadonlyMap<KubeObject, string>;
  /** Those that are applied under their own name, too, with who reads them. */
  readonly shared: ReadonlyMap<KubeObject, KubeObject>;
}

/**
 * Versions the ConfigMaps and Secrets with the release. One that the pod template reads is applied as an immutable copy,
 * NAME-HASH by its content, and the template reads the copy: pods of the old release keep reading the old content, also when
 * they start again in the middle of a canary, a rollback brings the old content back with the old template, and a change of
 * content alone makes a new release. NAME itself is applied only where another manifest reads it.
 *
 * @param template of the manifest, or of the live workload, which may read copies of a former release already
 */
export function versionConfig(objects: readonly KubeObject[], workload: WorkloadName, template: object): Versioned {
  const names = new Set(configReferences(template).flatMap(one => [keyOf(one), keyOf(originalOf(one))]));
  const config = objects.filter(object => isConfig(object) && names.has(nameOf(object)));
  const copyOfName = new Map(config.map(object => [nameOf(object), copyOf(object, workload.name)]));
  const copies = new Map(config.map(object => [copyOfName.get(nameOf(object))!, object.metadata.name]));
  const others = objects.filter(
    object => !(object.kind === workload.kind && object.metadata.name === workload.name) && !config.includes(object),
  );
  const reader = (object: KubeObject) => others.find(other => mentions(other, named(object)));
  const shared = new Map(
    config.flatMap(object => {
      const by = reader(object);
      return by === undefined ? [] : [[object, by] as const];
    }),
  );
  const read = (one: object) =>
    withConfigNames(
      one,
      name => (copyOfName.get(keyOf(name)) ?? copyOfName.get(keyOf(originalOf(name))))?.metadata.name ?? name.name,
    );
  return {
    objects: objects.flatMap(object => {
      const copy = copyOfName.get(nameOf(object));
      if (copy === undefined || !config.includes(object)) return [object];
      return shared.has(object) ? [object, copy] : [copy];
    }),
    template: read(template),
    read,
    copies,
    shared,
  };
}

function isConfig({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion === 'v1' && (kind === 'ConfigMap' || kind === 'Secret');
}

function named({ kind, metadata }: KubeObject): ConfigName {
  return { kind: kind as ConfigName['kind'], name: metadata.name };
}

/** NAME of a copy's name NAME-HASH; any other name as it is. */
export function originalOf({ kind, name }: ConfigName): ConfigName {
  return { kind, name: name.replace(/-[0-9a-f]{10}$/, '') };
}

function copyOf(object: KubeObject, workload: string): KubeObject {
  const { apiVersion, kind, metadata, data, binaryData, stringData, type } = object;
  const content = { type, data, binaryData, stringData };
  const hash = createHash('sha256').update(canonical(content)).digest('hex').slice(0, 10);
  return {
    apiVersion,
    kind,
    metadata: {
      ...metadata,
      name: `${metadata.name.slice(0, 242)}-${hash}`,
      labels: { ...metadata.labels, [labels.workload]: workload, [labels.track]: configTrack },
    },
    ...Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined)),
    immutable: true,
  };
}

/** JSON with sorted keys: the same content has the same hash, in whatever order it is written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
