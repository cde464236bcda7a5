import type { Answer } from '../../core/host-agent/answer.ts';
import type { HostSession } from '../host-session.ts';
import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';

/** A host as those on a share know it. */
export interface Node {
  /** Its host name: `logs/NAME` and `nodes/NAME` are its own. */
  readonly name: string;
  /** /etc/machine-id, so that two hosts of one name are told apart. */
  readonly machine: string;
}

export const nodeOf = (answer: Answer): Node => ({ name: answer.text('node'), machine: answer.text('machine') });

/** What root of a host finds at `nfs-root`; with a probe, whether it can read what was written there by another host. */
export async function lookAt(session: HostSession, settings: Settings, probe?: string): Promise<Answer> {
  return session.ask('share_look', [settings.nfsRoot!, ...(probe === undefined ? [] : [probe])]);
}

/** Why a host cannot have releases from the share, as far as the host itself can tell. */
export async function mountObstacles(session: HostSession, settings: Settings): Promise<Obstacle[]> {
  if (settings.layout !== 'nfs') return [];
  if (session.way === 'agent' || settings.ownServices)
    return [
      {
        code: 'HOST_REFUSED',
        seen: '`layout: nfs` needs a root of its own there: not the agent of bootstrap, and no service of a user',
        hint: 'Give `become: sudo-shell`.',
      },
    ];
  return ofMount(settings.nfsRoot!, await lookAt(session, settings));
}

/** File systems that several hosts can have at once. SMB has none of the links that the store is made of. */
const shared = /^(nfs4?|fuse(\..+)?|ceph|glusterfs|lustre|beegfs|gpfs|gfs2|ocfs2|9p|virtiofs)$/;

export function ofMount(root: string, answer: Pick<Answer, 'text'>): Obstacle[] {
  const [at = '', type = '', options = ''] = answer.text('mount').split(' ');
  if (answer.text('lacks') === 'yes' || !shared.test(type)) {
    const seen =
      answer.text('lacks') === 'yes' ? `there is no ${root}` : `${root} is on ${at} (${type}), the host’s own disk`;
    return [{ code: 'SHARE_NOT_MOUNTED', seen, hint: 'Mount the share there (fstab, automount), on every host.' }];
  }
  const refused = [
    ['ro', 'SHARE_READ_ONLY', 'nothing can be written'],
    ['noexec', 'SHARE_NOEXEC', 'programs may not be run'],
  ] as const;
  return refused
    .filter(([option]) => options.split(',').includes(option))
    .map(([option, code, words]) => ({
      code,
      seen: `${root} is on ${at}, where ${words} (mounted ${option})`,
      hint: `Mount it without ${option}.`,
    }));
}
