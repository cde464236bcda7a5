import { type Deployment, isMap, type Section } from '../../../core/config-deployments.ts';
import { textOf } from '../../../core/config-section.ts';
import { messageOf } from '../../../core/errors.ts';
import { isExactNumber } from '../../../core/exact-number.ts';
import { schemas } from '../../definitions.ts';
import { judge, type Seen, unknown } from '../check.ts';
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

/**
 * What the action will read of an input, however it is written in the file: a text, a list, a YAML text in a text. Or why
 * that cannot be told here.
 */
export function readInput(
  action: keyof typeof schemas,
  section: Section,
  input: string,
): { readonly value?: unknown; readonly hidden?: string } {
  const hidden = elsewhere(section, input);
  if (hidden !== undefined) return { hidden };
  const { value, default: usual = '' } = schemas[action].inputs[input]!;
  const text = textOf(section[input]).trim() || usual;
  try {
    return text === '' ? {} : { value: value.parse(text) };
  } catch (error) {
    return { hidden: `${input} cannot be read: ${messageOf(error)}` };
  }
}

/** Fails where something is wrong; where nothing is, what cannot be told here is not known. */
export function judgeKnown(
  where: string,
  wrong: readonly string[],
  hidden: readonly (string | undefined)[],
  fine = '',
): Seen {
  const [why] = hidden.filter(one => one !== undefined);
  return wrong.length === 0 && why !== undefined ? unknown(where, why) : judge(where, wrong, fine);
}

/** Whether an input says anything. */
export function isGiven(section: Section, input: string): boolean {
  const value = section[input];
  if (value === undefined || value === null || value === false || value === '') return false;
  return !(Array.isArray(value) && value.length === 0);
}
