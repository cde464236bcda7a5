import { SlipwayError } from '../../core/errors.ts';
import { type KubeObject, nameOf, selectorText, selects } from '../../core/kubernetes/index.ts';
import type { Situation } from '../situation.ts';
import { titleOf } from '../target.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Services that would lead nowhere. One of the manifests must select pods that are there or that the manifests make; one that
 * leads to the workload now must select the new release's pods, too. Pure.
 *
 * @param services those of the namespace as they are
 * @param pods those of the namespace
 */
export function refuseLostSelectors(
  situation: Pick<Situation, 'live' | 'desired' | 'planned' | 'kind' | 'workload'>,
  services: readonly KubeObject[],
  pods: readonly KubeObject[],
): void {
  const { live, desired, planned } = situation;
  const title = titleOf(situation);
  const after = new Map(
    planned.filter(({ after }) => isService(after)).map(one => [one.object.metadata.name, one.after]),
  );
  for (const service of live === undefined ? [] : services) {
    const next = after.get(service.metadata.name) ?? service;
    const leads = selects(service['spec']?.selector, labelsOf(live!));
    if (!leads || selects(next['spec']?.selector, labelsOf(desired))) continue;
    throw new SlipwayError(
      'SELECTOR_LOST',
      `Service/${service.metadata.name} leads to ${title} now, but would select none of the new pods: it selects ${selectorText(next['spec']?.selector ?? {})}, they have ${selectorText(labelsOf(desired))}`,
      { hint: 'Keep the labels that Services select by. Nothing was changed.' },
    );
  }
  const made = planned.flatMap(({ object }) => templateLabels(object));
  const there = pods.map(({ metadata }) => metadata.labels ?? {});
  for (const { object } of planned) {
    const selector: Labels | undefined = isService(object) ? object['spec']?.selector : undefined;
    if (selector === undefined || Object.keys(selector).length === 0) continue;
    if ([...made, ...there, labelsOf(desired)].some(labels => selects(selector, labels))) continue;
    throw new SlipwayError(
      'SELECTOR_EMPTY',
      `${nameOf(object)} selects ${selectorText(selector)}, and there are no such pods: neither in the namespace nor by the manifests`,
      { hint: `The pods of ${title} have ${selectorText(labelsOf(desired))}. Nothing was changed.` },
    );
  }
}

function isService({ kind, apiVersion }: KubeObject): boolean {
  return kind === 'Service' && apiVersion === 'v1';
}

function labelsOf({ spec }: KubeObject): Labels {
  return spec.template.metadata?.labels ?? {};
}

/** Labels of the pods that an object makes. */
function templateLabels({ kind, metadata, spec }: KubeObject): Labels[] {
  if (kind === 'Pod') return [metadata.labels ?? {}];
  const template = spec?.template ?? spec?.jobTemplate?.spec?.template;
  return template?.metadata?.labels === undefined ? [] : [template.metadata.labels];
}
