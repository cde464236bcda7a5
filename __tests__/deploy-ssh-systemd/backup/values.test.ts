import { describe, expect, test } from '@jest/globals';
import { renderBackup } from '../../../src/deploy-ssh-systemd/backup/render.ts';
import { backup } from '../../../src/deploy-ssh-systemd/backup/values.ts';

describe('the input backup', () => {
  test.each<[string, string]>([
    [
      '{rsync: [/var/lib/hello, /etc/hello], keep: 5}',
      'by rsync\nto /var/backups/slipway/hello\nkeep 5\nseconds 600\npath /var/lib/hello\npath /etc/hello\n',
    ],
    ['{btrfs: /srv/data, timeout: 90s}', 'by btrfs\nto /srv/data/.slipway\nkeep 3\nseconds 90\npath /srv/data\n'],
    [
      'command: |\n  pg_dump hello >"$SLIPWAY_BACKUP/sql"\n  sync\nrestore: psql <"$SLIPWAY_BACKUP/sql"\nto: /srv/kept\n',
      'by command\nto /srv/kept\nkeep 3\nseconds 600\nbackup pg_dump hello >"$SLIPWAY_BACKUP/sql"\nbackup sync\nrestore psql <"$SLIPWAY_BACKUP/sql"\n',
    ],
  ])('%s', (text, rendered) => expect(renderBackup(backup.parse(text), 'hello')).toBe(rendered));

  test.each([
    ['rsync: var/lib/hello'],
    ['rsync: /var/lib/../hello'],
    ['rsync: "/var/lib/my data"'],
    ['rsync: []'],
    ['{rsync: /var/lib/hello, to: /var/lib/hello/kept}'],
    ['{rsync: /var/lib/hello, btrfs: /srv}'],
    ['{rsync: /var/lib/hello, keep: 0}'],
    ['{rsync: /var/lib/hello, keep: many}'],
    ['{rsync: /var/lib/hello, timeout: 2h}'],
    ['btrfs: [/srv, /data]'],
    ['command: pg_dump'],
    ['{command: "", restore: psql}'],
    ['nightly'],
  ])('refuses %s', text =>
    expect(() => backup.parse(text)).toThrow(expect.objectContaining({ code: 'BACKUP_INVALID' })),
  );
});
