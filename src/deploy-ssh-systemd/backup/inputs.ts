import { backup } from './values.ts';

export const backupInputs = {
  backup: {
    description:
      'Keeps the data of the service before a release is switched to, as root; when that fails, nothing is switched. A YAML map: `{rsync: PATHS}` copies them, hard-linked to the copy before; `{btrfs: SUBVOLUME}` makes a read-only snapshot; `{command: SHELL, restore: SHELL}` write to and read from `$SLIPWAY_BACKUP`, a folder. `keep`, 3: how many stay; `to`: in which folder, /var/backups/slipway/SERVICE, or SUBVOLUME/.slipway; `timeout`, 10m.',
    value: backup,
  },
};
