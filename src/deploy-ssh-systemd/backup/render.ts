import type { Backup } from './values.ts';

/** What the host's agent reads (assets/backup.sh): a word and its value a line; of scripts, each line behind its word. Pure. */
export function renderBackup(backup: Backup, service: string): string {
  const to = backup.to ?? (backup.kind === 'btrfs' ? `${backup.paths[0]}/.slipway` : `/var/backups/slipway/${service}`);
  const lines = [
    ['by', backup.kind],
    ['to', to],
    ['keep', backup.keep],
    ['seconds', Math.ceil(backup.timeout / 1000)],
    ...(backup.kind === 'command'
      ? [...scriptLines('backup', backup.backup), ...scriptLines('restore', backup.restore)]
      : backup.paths.map(path => ['path', path])),
  ];
  return `${lines.map(words => words.join(' ')).join('\n')}\n`;
}

function scriptLines(word: string, text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map(line => [word, line]);
}
