import { posix } from 'node:path';
import type { Tree } from '../../core/tree.ts';
import type { Found } from './found.ts';
import type { Program } from './programs.ts';
import { documentsOf, type YamlDocument } from './yaml-file.ts';

/** What the Kubernetes manifests of a program say. */
export interface Manifests {
  readonly files: readonly string[];
  readonly workload: Found;
  readonly namespace?: Found;
  /** Where the pods have several. */
  readonly container?: Found;
  readonly image?: Found;
  /** What the container starts, where the manifest says it. */
  readonly command?: Found;
  readonly ports: readonly Found<number>[];
  readonly healthPath?: Found;
  /** What shifts traffic, and the hosts that it serves. */
  readonly router?: Found<'gateway' | 'traefik' | 'istio'>;
  readonly hostname?: Found;
  /** Objects beside the manifests that are not applied as they stand. */
  readonly notes: readonly string[];
}

const routers = {
  HTTPRoute: 'gateway',
  IngressRoute: 'traefik',
  TraefikService: 'traefik',
  VirtualService: 'istio',
} as const;

/** The Deployment that runs a program, with what stands in the same folder; undefined where there is none. */
export async function manifestsOf(tree: Tree, program: Program): Promise<Manifests | undefined> {
  const yaml = tree.files.filter(file => /\.ya?ml$/.test(file) && !/(^|\/)\.|compose[\w.-]*\.ya?ml$/.test(file));
  const all = (await Promise.all(yaml.map(file => documentsOf(tree, file)))).flat();
  const deployments = all.filter(({ data }) => data.kind === 'Deployment' && data.apiVersion === 'apps/v1');
  const workload = deployments
    .map(one => ({ one, fits: fits(one, program, deployments.length) }))
    .filter(({ fits }) => fits > 0)
    .sort((a, b) => b.fits - a.fits || a.one.file.split('/').length - b.one.file.split('/').length)[0]?.one;
  if (workload === undefined) return undefined;
  const folder = posix.dirname(workload.file);
  const beside = all.filter(
    ({ file, data }) => posix.dirname(file) === folder && data.apiVersion && data.metadata?.name,
  );
  const [container, index] = containerOf(workload, program);
  const path = ['spec', 'template', 'spec', 'containers', index];
  const probe = container?.readinessProbe?.httpGet?.path ?? container?.livenessProbe?.httpGet?.path;
  const several = workload.data.spec?.template?.spec?.containers?.length > 1;
  return {
    files: [...new Set(beside.map(({ file }) => file))].sort(),
    workload: { value: `deployment/${workload.data.metadata.name}`, at: workload.at('metadata', 'name') },
    ...optional('namespace', workload.data.metadata.namespace, workload.at('metadata', 'namespace')),
    ...optional('container', several ? container?.name : undefined, workload.at(...path, 'name')),
    ...optional('image', container?.image, workload.at(...path, 'image')),
    ...optional('command', container?.command?.[0], workload.at(...path, 'command', 0)),
    ...optional('healthPath', probe, workload.at(...path, 'readinessProbe', 'httpGet', 'path')),
    ports: portsOf(container?.ports, workload, path),
    ...routeOf(beside),
    notes: all
      .filter(({ data, file }) => data.kind === 'Kustomization' && posix.dirname(file) === folder && changesMore(data))
      .map(
        ({ file }) => `${file} changes the manifests: give what \`kubectl kustomize ${folder}\` prints as "manifests"`,
      ),
  };
}

/** 2: of the same name; 1: of the same image, or the only one. */
function fits({ data }: YamlDocument, { name }: Program, count: number): number {
  if (data.metadata?.name === name) return 3;
  const images = (data.spec?.template?.spec?.containers ?? []).map((one: { image?: string }) =>
    baseName(one.image ?? ''),
  );
  if (images.includes(name)) return 2;
  return count === 1 ? 1 : 0;
}

/** Last part of an image's name without tag and digest. */
const baseName = (image: string) => posix.basename(image.split('@')[0]!).split(':')[0]!;

function containerOf({ data }: YamlDocument, { name }: Program) {
  const containers: { name: string; image?: string }[] = data.spec?.template?.spec?.containers ?? [];
  const own = containers.findIndex(one => one.name === name || baseName(one.image ?? '') === name);
  const index = Math.max(0, own);
  // biome-ignore lint/suspicious/noExplicitAny: a container of a manifest
  return [containers[index] as any, index] as const;
}

function portsOf(
  ports: { name?: string; containerPort: number }[] = [],
  document: YamlDocument,
  path: (string | number)[],
) {
  const found = ports.map((port, index) => ({
    name: port.name,
    value: port.containerPort,
    at: document.at(...path, 'ports', index, 'containerPort'),
  }));
  return found
    .sort((a, b) => Number(b.name === 'http') - Number(a.name === 'http'))
    .map(({ value, at }) => ({ value, at }));
}

function routeOf(documents: readonly YamlDocument[]): Pick<Manifests, 'router' | 'hostname'> {
  const route = documents.find(({ data }) => Object.hasOwn(routers, data.kind));
  const ingress = documents.find(({ data }) => data.kind === 'Ingress');
  const router = route && { value: routers[route.data.kind as keyof typeof routers], at: route.at('kind') };
  const [host, at] = hostOf(route) ?? hostOf(ingress) ?? [];
  return { ...(router && { router }), ...optional('hostname', host, at ?? '') };
}

function hostOf(document: YamlDocument | undefined): [string, string] | undefined {
  const { spec } = document?.data ?? {};
  const rule = /Host\(`([^`]+)`\)/.exec(spec?.routes?.[0]?.match ?? '')?.[1];
  const host: string | undefined = spec?.hostnames?.[0] ?? spec?.hosts?.[0] ?? spec?.rules?.[0]?.host ?? rule;
  if (document === undefined || host === undefined || host.includes('*')) return undefined;
  const where = [
    ['hostnames', 0],
    ['hosts', 0],
    ['rules', 0, 'host'],
    ['routes', 0, 'match'],
  ].map(path => document.at('spec', ...path));
  return [host, where.find(at => at !== document.file) ?? document.file];
}

function changesMore(kustomization: Record<string, unknown>): boolean {
  return Object.keys(kustomization).some(
    key => !['apiVersion', 'kind', 'metadata', 'resources', 'namespace'].includes(key),
  );
}

function optional<K extends string>(key: K, value: string | undefined, at: string): { [P in K]?: Found } {
  return (value === undefined ? {} : { [key]: { value, at } }) as { [P in K]?: Found };
}
