import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Read } from './cgroup.ts';
import { readSystem } from './machine.ts';

/** Bytes of a build at this moment: the go command, its largest tool, all together. */
export interface Usage {
  readonly go: number;
  readonly tool: number;
  readonly total: number;
}

const page = 4096;

/** What a go command and everything it started hold in memory of their own; all 0 when it has ended. */
export function usageOf(pid: number, read: Read = readSystem, threads: (pid: number) => string[] = threadsOf): Usage {
  const own = anonymous(pid, read);
  const tools = childrenOf(pid, read, threads).map(child => usageOf(child, read, threads).total);
  const total = own + tools.reduce((sum, one) => sum + one, 0);
  return { go: own, tool: Math.max(0, ...tools), total };
}

/** Resident, without what is shared with others (the program's own text); proc_pid_statm(5). */
function anonymous(pid: number, read: Read): number {
  const [, resident = 0, shared = 0] = (read(`/proc/${pid}/statm`) ?? '').split(' ').map(Number);
  return Math.max(0, resident - shared) * page;
}

/** Each thread has the children that it started itself; proc_pid_task(5). */
function childrenOf(pid: number, read: Read, threads: (pid: number) => string[]): number[] {
  return threads(pid).flatMap(thread =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/**
 * When memory runs out the kernel shall end a compile, which can be repeated, and not this step or the runner
 * (oom_score_adj, half of the memory more than it has; inherited by all that the process starts). Where that cannot be
 * set the kernel chooses by size alone.
 */
export function endFirst(pid: number): void {
  try {
    const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(Math.min(1000, own + 500)));
  } catch {
    // not Linux, or the process has just ended
  }
}
