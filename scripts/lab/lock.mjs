// One at a time, across processes: flock(1) held by a child that lives exactly as long as we do.
//
// The kernel frees the lock when the child ends, and the child ends when our end of its standard input closes, also
// when we are killed with SIGKILL. So there is no stale lock to recognise and nothing to clean up.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const HOLD = 'echo locked; exec cat >/dev/null';

/**
 * Calls fn() while holding the lock file `path` and resolves with its result.
 * Throws when the lock was not had within `deadlineMs`. Not re-entrant.
 */
export async function withLock(path, deadlineMs, fn) {
  mkdirSync(dirname(path), { recursive: true });
  const holder = spawn(
    'flock',
    [
      '--exclusive',
      '--wait',
      String(Math.ceil(deadlineMs / 1000)),
      '--conflict-exit-code',
      '75',
      path,
      'sh',
      '-c',
      HOLD,
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Its own group: Ctrl-C in a terminal must not free the lock while fn() is still cleaning up.
      detached: true,
    },
  );
  const ended = new Promise(resolve => holder.on('close', resolve));
  try {
    await new Promise((resolve, reject) => {
      holder.on('error', cause =>
        reject(new Error(`locking ${path}: the command flock (Debian package util-linux) cannot be run`, { cause })),
      );
      holder.on('close', code =>
        reject(
          new Error(
            code === 75
              ? `locking ${path}: still held by process ${owner(path)} after ${deadlineMs / 1000} s; wait for it, or end it, and try again`
              : `locking ${path}: flock ended with exit code ${code}`,
          ),
        ),
      );
      holder.stdout.once('data', resolve);
    });
    writeFileSync(path, `${process.pid}\n`);
    return await fn();
  } finally {
    holder.stdin.end();
    if (holder.pid) await ended;
  }
}

function owner(path) {
  try {
    return readFileSync(path, 'utf8').trim() || '(unknown)';
  } catch {
    return '(unknown)';
  }
}
