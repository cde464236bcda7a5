// A memory control group of our own: what runs in it is killed when together it takes more than the limit.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes the group; undefined with the reason in `why` where this machine lets nobody make one.
 * @param limit bytes
 * @returns {{ group?: { wrap(argv: string[]): string[], kills(): number, peak(): number, remove(): Promise<void> }, why?: string }}
 */
export function makeMemoryGroup(limit) {
  let folder;
  try {
    const first = existsSync('/sys/fs/cgroup/cgroup.controllers');
    const parent = first ? versionTwo() : versionOne();
    folder = join(parent, `slipway-${randomUUID()}`);
    mkdirSync(folder);
    writeFileSync(join(folder, first ? 'memory.max' : 'memory.limit_in_bytes'), String(limit));
    if (first && existsSync(join(folder, 'memory.swap.max'))) writeFileSync(join(folder, 'memory.swap.max'), '0');
    return { group: open(folder, first) };
  } catch (error) {
    if (folder !== undefined && existsSync(folder)) rmdirSync(folder);
    return { why: `no memory control group can be made: ${error.message}` };
  }
}

function versionOne() {
  const path = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  if (path === undefined) throw new Error('there is no memory controller');
  const nested = join('/sys/fs/cgroup/memory', path);
  return existsSync(nested) ? nested : '/sys/fs/cgroup/memory';
}

/** Beside our own group: one that holds processes may not divide its memory (no internal processes). */
function versionTwo() {
  const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))[1];
  const parent = path === '/' ? '/sys/fs/cgroup' : dirname(join('/sys/fs/cgroup', path));
  if (!readFileSync(join(parent, 'cgroup.subtree_control'), 'utf8').includes('memory'))
    writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory');
  return parent;
}

const enter = `
  const [, procs, ...argv] = process.argv;
  require('node:fs').writeFileSync(procs, String(process.pid));
  process.execve('/usr/bin/env', ['env', ...argv], process.env);`;

function open(folder, second) {
  const read = name => readFileSync(join(folder, name), 'utf8');
  return {
    /** The same command, in the group from its start; its children are too. Not by a shell, which drops INPUT_A-B. */
    wrap: argv => [process.execPath, '-e', enter, join(folder, 'cgroup.procs'), ...argv],
    /** Processes that the kernel has ended here. */
    kills: () => Number(/^oom_kill (\d+)$/m.exec(read(second ? 'memory.events' : 'memory.oom_control'))[1]),
    /** Bytes, page cache included. */
    peak: () => Number(read(second ? 'memory.peak' : 'memory.max_usage_in_bytes')),
    async remove() {
      for (let tries = 50; ; tries--) {
        try {
          return rmdirSync(folder);
        } catch (error) {
          if (tries === 0) throw error;
          await new Promise(resolve => setTimeout(resolve, 100)); // what was in it is just ending
        }
      }
    },
  };
}
