import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../src/core/kubernetes/index.ts';
import { helmNote, ownerOf } from '../../../src/deploy-k8s-canary/gitops/owner.ts';
import { refuseOwned } from '../../../src/deploy-k8s-canary/gitops/refuse-owned.ts';

const hello = (metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'hello', ...metadata },
});
const labelled = (labels: Record<string, string>) => hello({ labels });
const writtenBy = (manager: string, more: Partial<KubeObject['metadata']> = {}, subresource?: string) =>
  hello({ ...more, managedFields: [{ manager, ...(subresource === undefined ? {} : { subresource }) }] });

describe('recognising who owns an object', () => {
  test.each<[string, KubeObject, string]>([
    [
      'Argo CD by its annotation, the default since 3.0',
      hello({ annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/hello' } }),
      'Argo CD application "shop"',
    ],
    ['Argo CD by its label', labelled({ 'argocd.argoproj.io/instance': 'shop' }), 'Argo CD application "shop"'],
    [
      'Argo CD by the label that others set, too, where it has written',
      writtenBy('argocd-controller', { labels: { 'app.kubernetes.io/instance': 'shop' } }),
      'Argo CD application "shop"',
    ],
    [
      'a Kustomization of Flux',
      labelled({ 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }),
      'Flux Kustomization flux-system/apps',
    ],
    [
      'a HelmRelease of Flux',
      labelled({ 'helm.toolkit.fluxcd.io/name': 'hello', 'helm.toolkit.fluxcd.io/namespace': 'prod' }),
      'Flux HelmRelease prod/hello',
    ],
    ['Flux by who wrote', writtenBy('kustomize-controller'), 'Flux (kustomize-controller)'],
    ['Flux’s Helm by who wrote', writtenBy('helm-controller'), 'Flux (helm-controller)'],
    [
      'an operator by the controlling owner',
      hello({ ownerReferences: [{ apiVersion: 'shop/v1', kind: 'Shop', name: 'main', uid: '1', controller: true }] }),
      'Shop/main',
    ],
  ])('%s', (_, object, who) => {
    expect(ownerOf(object)?.who).toBe(who);
  });

  test.each<[string, KubeObject]>([
    ['nothing', hello()],
    ['the common label alone', labelled({ 'app.kubernetes.io/instance': 'shop' })],
    ['Argo CD wrote a field, and the object names no application', writtenBy('argocd-controller')],
    ['somebody else wrote', writtenBy('kubectl-client-side-apply', { labels: { app: 'hello' } })],
    ['a status that Flux wrote', writtenBy('kustomize-controller', {}, 'status')],
    [
      'an owner that does not control it',
      hello({ ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '1' }] }),
    ],
    [
      'Flux that is told to leave it alone',
      hello({
        labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' },
        annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
      }),
    ],
    ['Helm', labelled({ 'app.kubernetes.io/managed-by': 'Helm' })],
  ])('not by %s', (_, object) => {
    expect(ownerOf(object)).toBeUndefined();
  });

  test('Helm is a note, with its release', () => {
    const labels = { 'app.kubernetes.io/managed-by': 'Helm' };
    expect(helmNote(hello({ labels, annotations: { 'meta.helm.sh/release-name': 'shop' } }))).toContain('release shop');
    expect(helmNote(hello())).toBeUndefined();
  });
});

describe('refusing to write to what is owned', () => {
  const code = (object: KubeObject, rendered: boolean) => {
    try {
      refuseOwned([object], rendered);
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const argo = labelled({ 'argocd.argoproj.io/instance': 'shop' });
  const operator = hello({
    ownerReferences: [{ apiVersion: 'shop/v1', kind: 'Shop', name: 'main', uid: '1', controller: true }],
  });

  test.each([
    ['an object of Argo CD', argo, false, 'OBJECT_OWNED'],
    ['an object of Argo CD, through git', argo, true, undefined],
    ['an operator’s, whichever way', operator, true, 'OBJECT_OWNED'],
    ['nobody’s', hello(), false, undefined],
  ])('%s', (_, object, rendered, expected) => {
    expect(code(object, rendered)).toBe(expected);
  });
});
