import { type KubeObject, nameOf } from '../../core/kubernetes/index.ts';

/** Who brings an object back to what it says somewhere else. */
export interface Owner {
  /** `Argo CD application "shop"`. */
  readonly who: string;
  /** It takes its objects from a git repository, so that a change belongs there. */
  readonly fromGit: boolean;
  /** By what it was recognised: `label kustomize.toolkit.fluxcd.io/name`. */
  readonly by: string;
}

const flux = [
  { toolkit: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', manager: 'kustomize-controller' },
  { toolkit: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', manager: 'helm-controller' },
] as const;

/**
 * Who owns an object, so that what is written to it would be undone or would start a fight; undefined where nobody is known to.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ and https://fluxcd.io/flux/components/kustomize/kustomizations/
 */
export function ownerOf(object: KubeObject): Owner | undefined {
  // what an operator made is its own, also where it passes on the labels of what it was made from
  return operatorOf(object) ?? argoOf(object) ?? fluxOf(object);
}

/** What can be said of an object that Helm made: it is not brought back, but the next `helm upgrade` sets its own image. */
export function helmNote(object: KubeObject): string | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
  const release = annotations['meta.helm.sh/release-name'];
  return `${nameOf(object)} was made by Helm${release === undefined ? '' : ` (release ${release})`}: the next \`helm upgrade\` sets the image of its own values`;
}

function argoOf({ metadata }: KubeObject): Owner | undefined {
  const { labels = {}, annotations = {} } = metadata;
  // APPLICATION:GROUP/KIND:NAMESPACE/NAME
  const id = annotations['argocd.argoproj.io/tracking-id'];
  if (id !== undefined) return argo(id.split(':')[0]!, 'annotation argocd.argoproj.io/tracking-id');
  const label = labels['argocd.argoproj.io/instance'];
  if (label !== undefined) return argo(label, 'label argocd.argoproj.io/instance');
  // the label that Argo CD used to set is everybody's: it counts only where Argo CD has written
  const instance = labels['app.kubernetes.io/instance'];
  const manager = managersOf(metadata).find(name => name.startsWith('argocd-'));
  return instance === undefined || manager === undefined
    ? undefined
    : argo(instance, `label app.kubernetes.io/instance, written by ${manager}`);
}

const argo = (name: string, by: string): Owner => ({ who: `Argo CD application "${name}"`, fromGit: true, by });

function fluxOf({ metadata }: KubeObject): Owner | undefined {
  const { labels = {}, annotations = {} } = metadata;
  for (const { toolkit, kind, manager } of flux) {
    // its owner may be told to leave it alone
    const told = `${toolkit}/reconcile`;
    if ([labels[told], annotations[told]].includes('disabled')) continue;
    const name = labels[`${toolkit}/name`];
    const place = labels[`${toolkit}/namespace`];
    if (name !== undefined)
      return {
        who: `Flux ${kind} ${place === undefined ? '' : `${place}/`}${name}`,
        fromGit: true,
        by: `label ${toolkit}/name`,
      };
    if (managersOf(metadata).includes(manager))
      return { who: `Flux (${manager})`, fromGit: true, by: `fields of the manager ${manager}` };
  }
  return undefined;
}

function operatorOf({ metadata }: KubeObject): Owner | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner && { who: nameOf({ ...owner, metadata: owner }), fromGit: false, by: 'its controlling ownerReference' };
}

/** Who has written fields of the object itself; a status is anybody's. */
function managersOf({ managedFields = [] }: KubeObject['metadata']): string[] {
  return managedFields.flatMap(({ manager, subresource }) =>
    manager === undefined || subresource === 'status' ? [] : [manager],
  );
}
