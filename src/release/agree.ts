import type { ActionName } from '../core/action-names.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import type { HostSpec } from '../core/ssh/hosts.ts';
import { missingIdentity } from '../core/ssh/missing-identity.ts';
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

function problemsOf({ action, inputs }: ReadLink, deploys: boolean): string[] {
  if (action === 'deploy-ssh-systemd') return accessProblems(inputs);
  const looks = action === 'verify-health' && inputs['mode'] === 'verify' && deploys;
  if (!looks || (inputs['identity'] ?? 'proven') !== 'proven') return [];
  return accessProblems(
    inputs,
    ': hosts are looked into to prove what runs there, unless identity is reported or none',
  );
}

function accessProblems(inputs: ReadLink['inputs'], why = ''): string[] {
  const missing = missingIdentity(inputs);
  return [...(missing === undefined ? [] : [`${missing.message}${why}`]), ...trustProblems(inputs)];
}

function trustProblems(inputs: ReadLink['inputs']): string[] {
  const { 'known-hosts': knownHosts, 'host-fingerprints': hostFingerprints } = inputs as Record<
    string,
    string | undefined
  >;
  const { hosts, 'jump-hosts': jumpHosts } = inputs as Record<string, readonly HostSpec[] | undefined>;
  try {
    readTrust({ knownHosts, hostFingerprints }, hosts, jumpHosts);
    return [];
  } catch (error) {
    const hint = error instanceof SlipwayError && error.hint !== undefined ? ` (${error.hint})` : '';
    return [`${messageOf(error)}${hint}`];
  }
}
