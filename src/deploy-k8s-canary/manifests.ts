import { glob, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseAllDocuments, type ScalarTag } from 'yaml';
import { SlipwayError } from '../core/errors.ts';
import { type KubeObject, nameOf } from '../core/kubernetes/index.ts';

/** What others depend on comes first; kinds that are not named come before workloads. */
const order = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'Service',
];
const last = ['Deployment', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Ingress', 'Gateway', 'HTTPRoute'];

/**
 * Reads the manifests that the paths and globs name, all documents, `List`s taken apart, in the order in which they are applied.
 * Objects of another namespace, without a name, or given twice are errors.
 */
export async function loadManifests(
  paths: readonly string[],
  directory: string,
  namespace: string,
): Promise<KubeObject[]> {
  const files = (await Promise.all(paths.map(path => expand(path, directory)))).flat();
  const objects = (
    await Promise.all([...new Set(files)].map(async file => parseManifests(await readFile(file, 'utf8'), file)))
  ).flat();
  const seen = new Set<string>();
  for (const object of objects) {
    const name = `${object.apiVersion.split('/').slice(0, -1)} ${nameOf(object)}`; // versions of a group are one object
    if (seen.has(name)) throw invalid(`${nameOf(object)} is given twice`, 'Leave one of them out.');
    seen.add(name);
    const other = object.metadata.namespace;
    if (other !== undefined && other !== namespace)
      throw invalid(
        `${nameOf(object)} is for the namespace "${other}", the deployment for "${namespace}"`,
        'Set the input "namespace", or leave it out of the manifest.',
      );
  }
  return objects.toSorted((a, b) => rank(a.kind) - rank(b.kind));
}

function rank(kind: string): number {
  if (order.includes(kind)) return order.indexOf(kind);
  return last.includes(kind) ? order.length + 1 + last.indexOf(kind) : order.length;
}

export async function expand(path: string, directory: string): Promise<string[]> {
  const pattern = await stat(resolve(directory, path)).then(
    found => (found.isDirectory() ? `${path}/*.{yaml,yml,json}` : undefined),
    () => path,
  );
  if (pattern === undefined) return [resolve(directory, path)];
  const found = (await Array.fromAsync(glob(pattern, { cwd: directory }))).map(name => resolve(directory, name)).sort();
  if (found.length === 0) throw invalid(`nothing matches "${path}" in ${directory}`, 'Correct the input "manifests".');
  return found;
}

/** `defaultMode: 0440` is octal in YAML 1.1, which kubectl reads; in YAML 1.2 it would be 440. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0[0-7]+$/,
  resolve: text => Number.parseInt(text, 8),
};

/**
 * All objects of a YAML (or JSON) text, read as kubectl reads it (octal numbers, `<<`); a syntax error names file, line and
 * column, and so does a key that is written twice.
 */
export function parseManifests(text: string, file: string): KubeObject[] {
  return parseAllDocuments(text, { merge: true, customTags: tags => [octal, ...tags] }).flatMap(document => {
    const [problem] = document.errors;
    if (problem !== undefined) throw invalid(`${file}: ${problem.message.split('\n')[0]}`, 'Correct the YAML.');
    return objectsOf(document.toJS(), file);
  });
}

function objectsOf(data: unknown, file: string): KubeObject[] {
  if (data === null || data === undefined) return [];
  const object = data as Partial<KubeObject>;
  if (typeof data !== 'object' || typeof object.apiVersion !== 'string' || typeof object.kind !== 'string')
    throw invalid(`${file} holds something without apiVersion and kind`, 'Give Kubernetes manifests only.');
  if (object.kind === 'List') return ((object['items'] ?? []) as unknown[]).flatMap(item => objectsOf(item, file));
  if (object.kind === 'Kustomization' && object.apiVersion.startsWith('kustomize.config.k8s.io/'))
    throw invalid(
      `${file} is an instruction for kustomize, not a manifest`,
      'Give what it makes: kubectl kustomize DIR > release.yaml, and manifests: release.yaml.',
    );
  if (typeof object.metadata?.name !== 'string')
    throw invalid(
      `${file} holds a ${object.kind} without metadata.name`,
      'Give it a name; generateName cannot be applied.',
    );
  return [object as KubeObject];
}

function invalid(why: string, hint: string): SlipwayError {
  return new SlipwayError('MANIFEST_INVALID', why, { hint: `${hint} Nothing was changed.` });
}
