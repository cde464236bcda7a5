import type { ActionName } from '../core/action-names.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { readTrust } from '../core/ssh/read-trust.ts';

/** A link whose inputs have been read. */
export interface ReadLink {
  readonly action: ActionName;
  readonly title: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * What no single input tells: inputs of one section, or of two, that need each other. Each action checks its own when
 * it runs; that is too late for the chain, which has pushed or deployed by then.
 *
 * @returns one problem each, with the link's title in front
 */
export function disagreements(links: readonly ReadLink[]): string[] {
  const deploys = links.some(({ action, inputs }) => action === 'deploy-ssh-systemd' && inputs['mode'] === 'deploy');
  return links.flatMap(link => problemsOf(link, deploys).map(problem => `${link.title}: ${problem}`));
}

const noKey =
  'input "private-key" is missing: hosts are looked into to prove what runs there; give it, or choose identity: reported or none';

function problemsOf({ action, inputs }: ReadLink, deploys: boolean): string[] {
  if (action === 'deploy-ssh-systemd') return trustProblems(inputs);
  const looks = action === 'verify-health' && inputs['mode'] === 'verify' && deploys;
  if (!looks || (inputs['identity'] ?? 'proven') !== 'proven') return [];
  const key = inputs['private-key'] === undefined ? [noKey] : [];
  return [...key, ...trustProblems(inputs)];
}

function trustProblems(inputs: ReadLink['inputs']): string[] {
  try {
    readTrust(inputs['known-hosts'] as string | undefined, inputs['host-fingerprints'] as string | undefined);
    return [];
  } catch (error) {
    const hint = error instanceof SlipwayError && error.hint !== undefined ? ` (${error.hint})` : '';
    return [`${messageOf(error)}${hint}`];
  }
}
