import { SlipwayError } from '../../core/errors.ts';
import { mapped, text, type Value } from '../../core/values.ts';
import type { Artifact } from '../artifacts.ts';
import type { ExtraFile } from '../extra-files.ts';
import type { Settings } from '../settings.ts';

/** Where hosts have a share mounted. What units make invisible is none of it. */
export const nfsRoot: Value<string> = mapped(
  text,
  'an absolute path of letters, digits, dot, dash and underscore, at least two folders deep, not below /home, /root, /run, /tmp, /dev, /proc or /sys',
  raw => {
    const path = raw.replace(/\/$/, '');
    const plain = /^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*){2,}$/.test(path) && path.length <= 150;
    if (!plain || /^\/(home|root|run|tmp|dev|proc|sys)\//.test(path))
      throw new SlipwayError('SHARE_INVALID', 'it cannot be used');
    return path;
  },
  'path',
);

/** The service's folder on the share; undefined where there is none. */
export function shareOf({
  layout,
  nfsRoot: root,
  service,
}: Pick<Settings, 'layout' | 'nfsRoot' | 'service'>): string | undefined {
  return layout === 'nfs' ? `${root}/${service}` : undefined;
}

/** What of a release lies on the share, as sha256sum checks it; empty where there is none. */
export function listingOnShare(
  artifact: Pick<Artifact, 'sha256'>,
  files: readonly Pick<ExtraFile, 'path' | 'sha256'>[],
  settings: Pick<Settings, 'layout' | 'nfsRoot' | 'service'>,
): string {
  if (shareOf(settings) === undefined) return '';
  const all = [
    { path: settings.service, sha256: artifact.sha256 },
    ...files.map(one => ({ ...one, path: `files/${one.path}` })),
  ];
  return all.map(one => `${one.sha256}  ${one.path}\n`).join('');
}

const invalid = (message: string, hint: string) =>
  new SlipwayError('INPUT_INVALID', message, { hint: `Nothing was changed. ${hint}` });

/** @throws INPUT_INVALID */
export function shareMustBeUsed(root: string | undefined, hosts: readonly Pick<Settings, 'layout'>[]): void {
  if (root !== undefined && hosts.length > 0 && hosts.every(({ layout }) => layout !== 'nfs'))
    throw invalid('input "nfs-root" is given, and no host has the layout nfs', 'Give `layout: nfs`, or leave it out.');
}

/** @throws INPUT_INVALID */
export function shareMustAgree({ layout, nfsRoot: root, become, container }: Settings, of: string): void {
  if (layout === 'nfs' && root === undefined)
    throw invalid(
      `input "nfs-root" is missing, and "layout" is nfs${of}`,
      'Say where the hosts have mounted the share.',
    );
  if (layout === 'nfs' && container !== undefined)
    throw invalid(
      `\`layout: nfs\`${of} is for programs: a container’s image comes from a registry`,
      'Leave one of both out.',
    );
  if (layout === 'nfs' && become === 'agent')
    throw invalid(
      `\`layout: nfs\` is not for the agent of bootstrap${of}: a share is written by whoever may`,
      'Give `become: sudo-shell`.',
    );
}
