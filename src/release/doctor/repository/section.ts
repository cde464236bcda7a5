import { type Deployment, isMap, type Section } from '../../../core/config-deployments.ts';
import { isExactNumber } from '../../../core/exact-number.ts';
import type { Repository } from './facts.ts';

/** A deployment of slipway.yml, and where its inputs stand. */
export interface Place {
  readonly entry: Deployment;
  /** `slipway.yml:12`; of an input that is not there, of the deployment. */
  readonly at: (input: string) => string;
}

export function deploymentsOf({ file }: Repository, kind: 'deploy-ssh-systemd' | 'deploy-k8s-canary'): Place[] {
  return (file.deploy ?? []).flatMap((entry, index) =>
    entry.kind === kind ? [{ entry, at: (input: string) => file.at(['deploy', index, input]) }] : [],
  );
}

/** The texts of an input that is a text, a number or a list of them; undefined where it is left out. */
export function textsOf(section: Section, input: string): string[] | undefined {
  const value = section[input];
  if (value === undefined || value === null) return undefined;
  const one = (item: unknown) => (isExactNumber(item) ? item.rawJSON : typeof item === 'object' ? '' : String(item));
  return [value].flat().flatMap(item => one(item).split('\n'));
}

/** Why an input cannot be told here: it comes from the environment. */
export function elsewhere(section: Section, input: string): string | undefined {
  const value = section[input];
  return isMap(value) && typeof value['env'] === 'string' && Object.keys(value).length === 1
    ? `${input} comes from the environment variable ${value['env']}`
    : undefined;
}

/** Whether an input says anything. */
export function isGiven(section: Section, input: string): boolean {
  const value = section[input];
  if (value === undefined || value === null || value === false || value === '') return false;
  return !(Array.isArray(value) && value.length === 0);
}
