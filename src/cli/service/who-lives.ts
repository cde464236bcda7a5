import { readFile } from 'node:fs/promises';

/** A process that is told from a later one with the same number. */
export interface Process {
  readonly pid: number;
  /** Clock ticks from the machine's start to its own; empty where the system does not say. */
  readonly born: string;
}

export async function processOf(pid: number): Promise<Process> {
  return { pid, born: await bornAt(pid) };
}

/** Whether it still runs. */
export async function lives({ pid, born }: Process): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await bornAt(pid)) === born;
}

/** Field 22 of /proc/PID/stat; the second may hold blanks and brackets. A zombie is as good as gone. */
async function bornAt(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? '' : (rest[18] ?? '');
}
