import type { KubeObject } from '../core/kubernetes/index.ts';

/** What a pod may read its configuration from. */
export type ConfigKind = 'ConfigMap' | 'Secret';

export interface ConfigName {
  readonly kind: ConfigKind;
  readonly name: string;
}

// biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API
type Json = any;

/** Calls `seen` for every field of a pod template that names a ConfigMap or Secret; what it returns takes the name's place. */
function visit(template: Json, seen: (name: ConfigName) => string): void {
  const at = (kind: ConfigKind, holder: Json, key = 'name') => {
    if (typeof holder?.[key] === 'string') holder[key] = seen({ kind, name: holder[key] });
  };
  const spec = template?.spec ?? {};
  for (const volume of spec.volumes ?? []) {
    at('ConfigMap', volume.configMap);
    at('Secret', volume.secret, 'secretName');
    for (const source of volume.projected?.sources ?? []) {
      at('ConfigMap', source.configMap);
      at('Secret', source.secret);
    }
  }
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      at('ConfigMap', from.configMapRef);
      at('Secret', from.secretRef);
    }
    for (const { valueFrom } of container.env ?? []) {
      at('ConfigMap', valueFrom?.configMapKeyRef);
      at('Secret', valueFrom?.secretKeyRef);
    }
  }
  for (const secret of spec.imagePullSecrets ?? []) at('Secret', secret);
}

/** The ConfigMaps and Secrets that the pods of a template read: volumes, environment, pull secrets. Each once. */
export function configReferences(template: object | undefined): ConfigName[] {
  const found = new Map<string, ConfigName>();
  visit(structuredClone(template), one => {
    found.set(keyOf(one), one);
    return one.name;
  });
  return [...found.values()];
}

/** A copy of the template that reads others in their places. */
export function withConfigNames<T extends object>(template: T, rename: (name: ConfigName) => string): T {
  const copy = structuredClone(template);
  visit(copy, rename);
  return copy;
}

export function keyOf({ kind, name }: ConfigName): string {
  return `${kind}/${name}`;
}

/** Whether an object reads this ConfigMap or Secret anywhere: a CronJob beside the workload, an Ingress by its certificate. */
export function mentions(object: KubeObject, { kind, name }: ConfigName): boolean {
  const words = kind === 'Secret' ? /secret|certificate/i : /config-?map/i;
  const look = (value: unknown, inside: boolean): boolean => {
    if (value === null || typeof value !== 'object') return inside && value === name;
    if (Array.isArray(value)) return value.some(one => look(one, inside));
    const ofKind = (value as { kind?: unknown }).kind === kind;
    return Object.entries(value).some(([key, one]) =>
      look(one, words.test(key) || ((inside || ofKind) && !['key', 'namespace', 'kind'].includes(key))),
    );
  };
  const { metadata: _, status: _s, ...rest } = object;
  return Object.entries(rest).some(([key, value]) => look(value, words.test(key)));
}
