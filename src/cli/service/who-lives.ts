import { readdir, readFile } from 'node:fs/promises';

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

/** Another process that was started with these arguments, one after the other; undefined where the system does not say. */
export async function processWith(args: readonly string[]): Promise<Process | undefined> {
  const wanted = `\0${args.join('\0')}\0`;
  const numbers = await readdir('/proc').catch(() => []);
  for (const name of numbers.filter(one => /^\d+$/.test(one) && Number(one) !== process.pid)) {
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(wanted)) return processOf(Number(name));
  }
  return undefined;
}

/** Field 22 of /proc/PID/stat; the second may hold blanks and brackets. A zombie is as good as gone. */
async function bornAt(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? '' : (rest[18] ?? '');
}
