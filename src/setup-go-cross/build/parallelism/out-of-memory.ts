import { SlipwayError } from '../../../core/errors.ts';
import type { Finished } from '../../../core/process.ts';
import { formatSize } from '../../../core/units.ts';
import type { Read } from './cgroup.ts';
import { type Room, readSystem } from './machine.ts';
import type { Measured } from './plan.ts';

/**
 * How many processes the kernel has ended for want of memory since it started, those of control groups included
 * (/proc/vmstat, from Linux 4.13 on); undefined where it does not say.
 */
export function oomKills(read: Read = readSystem): number | undefined {
  const found = /^oom_kill (\d+)$/m.exec(read('/proc/vmstat') ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * Whether the kernel ended the build, or one of its tools, for want of memory: something was killed, and the kernel has
 * counted one since. Where it does not count, the signal has to do.
 */
export function wasOutOfMemory(error: unknown, before: number | undefined, now: number | undefined): boolean {
  if (before !== undefined && now !== undefined && now <= before) return false;
  for (let one = error; one instanceof Error; one = one.cause as unknown) {
    const finished = one.cause as Partial<Finished> | undefined;
    if (typeof finished?.code !== 'number') continue;
    // The go command's own words for a tool that was killed; it exits with 1 itself.
    return finished.code === -1 || /: signal: killed$/m.test(finished.stderr ?? '');
  }
  return false;
}

/** For a build that was killed twice, the second time alone and with one package at a time. */
export function outOfMemory(title: string, room: Room | undefined, measured: Measured | undefined, cause: unknown) {
  const seen = measured === undefined ? '' : `; its largest compile or link held ${formatSize(measured.tool)}`;
  const limit = room === undefined ? '' : ` of the ${formatSize(room.limit)} that there are`;
  return new SlipwayError(
    'OUT_OF_MEMORY',
    `out of memory: building ${title} was ended by the kernel, also alone and with one package at a time (-p=1)${seen}${limit}`,
    {
      hint: 'Give the job more memory (a larger runner, a higher limit of its container), or split the package that is so large.',
      cause,
    },
  );
}
