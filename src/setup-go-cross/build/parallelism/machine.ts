import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Groups, groupsOf, type Read } from './cgroup.ts';

/** One thing that limits memory: the machine, or a control group around this process. Bytes. */
export interface Room {
  readonly limit: number;
  /** What can still be taken before something is killed; what the kernel can give back (page cache) counts as free. */
  readonly free: number;
}

/** Reads as a user would: a file that is not there, or that this user may not read, says nothing. */
export const readSystem: Read = path => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Where the machine has told once where its control groups are, only their files are read again. */
export function memoryGauge(read: Read = readSystem): () => Room | undefined {
  const groups = groupsOf('memory', read);
  return () => narrowest([machineRoom(read), ...groups.flatMap(one => groupRooms(one, read))]);
}

/** The room with the least left; undefined where nothing is known (not Linux). */
export function narrowest(rooms: readonly (Room | undefined)[]): Room | undefined {
  return rooms.reduce(
    (least, room) => (room && (least === undefined || room.free < least.free) ? room : least),
    undefined,
  );
}

/** Cores that this process may use at once: its affinity, and the quota of its control groups (at least 1). */
export function usableCores(read: Read = readSystem, cores = availableParallelism()): number {
  const quotas = groupsOf('cpu', read).flatMap(({ version, folders }) =>
    folders.map(folder => (version === 2 ? quota2(folder, read) : quota1(folder, read))),
  );
  return Math.max(1, Math.min(cores, ...quotas.map(Math.ceil)));
}

const kib = 1024;

function machineRoom(read: Read): Room | undefined {
  const text = read('/proc/meminfo') ?? '';
  const [limit, free] = ['MemTotal', 'MemAvailable'].map(name => field(text, `${name}:`));
  return limit === undefined || free === undefined ? undefined : { limit: limit * kib, free: free * kib };
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html#memory, and cgroup-v1/memory.html */
function groupRooms({ version, folders }: Groups, read: Read): (Room | undefined)[] {
  const names =
    version === 2
      ? { limit: 'memory.max', usage: 'memory.current', total: '' }
      : { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', total: 'total_' };
  return folders.map(folder => {
    const limit = Number(read(join(folder, names.limit)) ?? Number.NaN); // "max" is no number: no limit
    const usage = Number(read(join(folder, names.usage)) ?? Number.NaN);
    if (!(limit < unlimited) || Number.isNaN(usage)) return undefined;
    const stat = read(join(folder, 'memory.stat')) ?? '';
    const back = ['active_file', 'inactive_file', 'slab_reclaimable'].map(name => field(stat, names.total + name) ?? 0);
    return { limit, free: limit - Math.max(0, usage - back.reduce((sum, one) => sum + one)) };
  });
}

/** Version 1 says "no limit" as the largest number of whole pages. */
const unlimited = 2 ** 60;

function quota2(folder: string, read: Read): number {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? 'max').trim().split(' ').map(Number);
  return quota && period ? quota / period : Number.POSITIVE_INFINITY;
}

function quota1(folder: string, read: Read): number {
  const [quota, period] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map(name => Number(read(join(folder, name)) ?? -1));
  return quota! > 0 && period! > 0 ? quota! / period! : Number.POSITIVE_INFINITY;
}

/** The number after a name at the beginning of a line. */
function field(text: string, name: string): number | undefined {
  const line = text.split('\n').find(one => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number.parseInt(line.slice(name.length), 10);
}
