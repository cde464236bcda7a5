import { SlipwayError } from '../../core/errors.ts';
import type { Deployment, ReleaseRecord } from '../../core/record/schema.ts';
import type { Subject } from './subject.ts';

/** How the places of the record are reached. */
export interface Reach {
  readonly privateKey: string | undefined;
  readonly passphrase: string | undefined;
  readonly knownHosts: string | undefined;
  readonly hostFingerprints: string | undefined;
  readonly become: 'sudo-shell' | 'none';
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/**
 * A subject for each deployment. Nothing is connected yet, but keys, trust and kubeconfig are read: what is missing or
 * malformed is an error before anything is looked at. SSH and the Kubernetes client are loaded only where they are needed.
 */
export async function subjectsOf(
  deployments: readonly Deployment[],
  record: ReleaseRecord,
  reach: Reach,
): Promise<Subject[]> {
  const onHosts = deployments.some(deployment => deployment.kind === 'ssh-systemd');
  const access = onHosts ? await accessOf(reach) : undefined;
  return Promise.all(
    deployments.map(async deployment => {
      if (deployment.kind === 'kubernetes') {
        const { clusterSubject } = await import('./cluster.ts');
        return clusterSubject(deployment, record, reach);
      }
      const { hostSubject } = await import('./host.ts');
      return hostSubject(deployment, record.binaries, access!, reach.become);
    }),
  );
}

async function accessOf(reach: Reach) {
  const { privateKey, passphrase, knownHosts, hostFingerprints } = reach;
  if (privateKey === undefined) {
    throw new SlipwayError(
      'INPUT_INVALID',
      'input "private-key" is missing: the record has deployments on hosts, and their processes are to be proven',
      { hint: 'Give the SSH key as a secret, or choose identity: reported or none. Nothing was changed.' },
    );
  }
  const { readAccess } = await import('../../core/ssh/access.ts');
  return readAccess({ privateKey, passphrase, knownHosts, hostFingerprints });
}
