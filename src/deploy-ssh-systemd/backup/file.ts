import type { Settings } from '../settings.ts';
import { type SystemFile, systemMark } from '../system-files.ts';
import { renderBackup } from './render.ts';

/** What is to be kept before a switch, as a file of the release; empty where nothing is. Pure. */
export function backupFile({ backup, service, directory }: Settings): SystemFile[] {
  if (backup === undefined) return [];
  return [
    {
      kind: 'backup',
      text: systemMark(directory) + renderBackup(backup, service),
      asked: [],
      judge: answer => {
        const said = answer.text('said').split('\n')[0]!;
        return said === '' ? [] : [{ code: 'BACKUP_REFUSED', seen: `no backup can be made: ${said}`, hint: '' }];
      },
    },
  ];
}
