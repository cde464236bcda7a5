import type { ActionName } from '../core/action-names.ts';

/** What can be asked of the chain. */
export const modes = [
  'release',
  'build',
  'plan',
  'deploy',
  'rollback',
  'promote',
  'resume',
  'abort',
  'pause',
  'status',
  'verify',
  'audit',
  'doctor',
  'bootstrap',
  'observe',
] as const;

export type Mode = (typeof modes)[number];

type Kind = 'build' | 'image' | 'hosts' | 'cluster' | 'verify';

const kinds: Record<ActionName, Kind> = {
  'setup-go-cross': 'build',
  'build-multiarch-image': 'image',
  'deploy-ssh-systemd': 'hosts',
  'deploy-k8s-canary': 'cluster',
  'verify-health': 'verify',
};

/** Which actions a mode starts, and the `mode` that it gives them; an empty one leaves the action its own. */
const parts: Record<Mode, Partial<Record<Kind, string>>> = {
  release: { build: '', image: '', hosts: '', cluster: '', verify: '' },
  build: { build: '', image: '' },
  plan: { build: '', image: 'plan', hosts: 'plan', cluster: 'plan' },
  deploy: { hosts: '', cluster: '', verify: '' },
  rollback: { hosts: 'rollback', cluster: 'rollback' },
  promote: { hosts: '', cluster: '', verify: '' },
  // A host that loses its runner goes back by itself, and says what serves: only a cluster is left in the middle.
  resume: { hosts: 'status', cluster: 'resume' },
  abort: { hosts: 'status', cluster: 'abort' },
  pause: { cluster: 'pause' },
  status: { hosts: 'status', cluster: 'status' },
  verify: { verify: '' },
  audit: { verify: 'audit' },
  doctor: { hosts: 'doctor', cluster: 'doctor' },
  bootstrap: { hosts: 'bootstrap' },
  // It writes files, and starts no action.
  observe: {},
};

/**
 * The `mode` that an action gets, or undefined where it has no part.
 *
 * @param stored a release that is stored already is meant: nothing is built, and going back to it is a deployment of it
 */
export function modeOf(mode: Mode, action: ActionName, stored: boolean): string | undefined {
  const kind = kinds[action];
  if (stored && (kind === 'build' || (kind === 'image' && mode !== 'build'))) return undefined;
  return parts[mode === 'rollback' && stored ? 'deploy' : mode][kind];
}

/** Whether something is put in a place, so that its requirements count. */
export function deploys(mode: Mode, stored: boolean): boolean {
  return mode === 'release' || mode === 'deploy' || mode === 'promote' || (mode === 'rollback' && stored);
}

/** Whether a verdict can come of it: nothing runs yet of what is only planned or built, or for what a host is only prepared. */
export const judges = (mode: Mode) => !['plan', 'build', 'bootstrap'].includes(mode);

/** Whether a request is about a release that is there already, so that nothing is built. */
export function isStored({
  mode,
  version,
  release,
}: {
  mode: Mode;
  version?: string | undefined;
  release: readonly string[];
}): boolean {
  if (mode === 'release') return false;
  if (mode === 'build') return release.length > 0; // its binaries: the image is made of them
  if (mode === 'plan' || mode === 'rollback') return version !== undefined || release.length > 0;
  return true;
}
