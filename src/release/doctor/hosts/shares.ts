import type { HostCheckup } from '../../../core/checkup.ts';
import { type Check, judge } from '../check.ts';
import { linesOf } from './said.ts';

export const shareChecks: readonly Check<HostCheckup>[] = [
  {
    id: 'nfs-mount',
    title: 'Shares are mounted hard, with nosuid and nodev.',
    reason:
      'A soft mount turns a slow server into files that end in the middle; without the others, whoever writes on the share is root here.',
    fix: 'Mount with `hard,nosuid,nodev` (fstab), on every host.',
    level: 'must',
    look: ({ place, said }) =>
      linesOf(said['mounts']).map(line => {
        const [at = '', , options = ''] = line.split(' ');
        const set = options.split(',');
        return judge(
          `${place} ${at}`,
          [
            ...(set.includes('soft') ? ['soft'] : []),
            ...['nosuid', 'nodev'].filter(name => !set.includes(name)).map(name => `no ${name}`),
          ],
          options,
        );
      }),
  },
  {
    id: 'nfs-exports',
    title: 'What the host exports is for named machines, without their root.',
    reason: 'Whoever is in the network mounts it, and writes as root.',
    fix: 'Name hosts or a small network in /etc/exports, and leave `root_squash` on.',
    level: 'must',
    look: ({ place, said }) =>
      linesOf(said['exports']).map(line => {
        const [path = '', ...clients] = line.trim().split(/\s+/);
        const wrong = clients.flatMap(client => [
          ...(/^(\*|0\.0\.0\.0\/0|::\/0)?(\(|$)/.test(client) ? ['for everybody'] : []),
          ...(/\bno_root_squash\b/.test(client) ? ['no_root_squash'] : []),
        ]);
        return judge(`${place} ${path}`, [...new Set(clients.length === 0 ? ['for everybody'] : wrong)]);
      }),
  },
];
