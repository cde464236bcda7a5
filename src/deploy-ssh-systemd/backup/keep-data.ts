import { log } from '../../core/log.ts';
import type { HostSession } from '../host-session.ts';
import type { Backup } from './values.ts';

/** Milliseconds for what comes around it: making the folder, and removing old backups. */
const around = 60_000;

/**
 * Keeps the data of the present release, as the release `id`, which is there already, says.
 *
 * @throws BACKUP_FAILED
 */
export async function keepData(session: HostSession, id: string, { timeout }: Backup): Promise<void> {
  const kept = (await session.ask('backup', [id], { timeout: timeout + around })).text('kept');
  if (kept !== '') log.info(`${session.place}: backup ${kept}`);
}
