import { basename } from 'node:path';
import type { ReleaseRecord } from '../record/schema.ts';
import { escapeHtml } from './markup.ts';

/** Commands of public tools with which a reader checks the claims by hand. */
export function proofs(record: ReleaseRecord): string {
  const commands = [
    ...record.binaries
      .slice(0, 1)
      .flatMap(one => [
        `# the binary is the recorded one, and says what it was built from`,
        `echo "${one.sha256}  ${basename(one.path)}" | sha256sum -c`,
        `go version -m ${basename(one.path)}`,
      ]),
    ...record.images.flatMap(image => [
      '# the registry serves the recorded index',
      ...image.repositories.map(name => `crane digest ${name}@${image.digest}`),
    ]),
    ...record.deployments
      .filter(one => one.state === 'healthy' || one.state === 'unchanged')
      .flatMap(one =>
        one.kind === 'ssh-systemd'
          ? [
              `# ${one.place}: the running process is the binary ${one.binary?.slice(0, 12) ?? ''}…`,
              `sudo sha256sum /proc/$(systemctl show -p MainPID --value ${one.service})/exe`,
            ]
          : [
              `# ${one.place}: the pods run the recorded digest`,
              `kubectl -n ${one.place.split('/').at(-1)} get pods -o jsonpath='{.items[*].status.containerStatuses[*].imageID}'`,
            ],
      ),
  ];
  return commands.length === 0 ? '' : `<h2>See for yourself</h2><pre>${escapeHtml(commands.join('\n'))}</pre>`;
}
