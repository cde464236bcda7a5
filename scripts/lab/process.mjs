// Daemons of the lab: started detached, found again and ended by pid.
//
// A pid alone is not an identity, since pids are reused: the record also holds the start time from /proc and the boot.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { labDir } from './paths.mjs';

// The child records itself before it becomes the daemon: were it recorded by us, a kill between the two would leave a
// daemon that nobody knows. $1 is the record; field 22 of /proc/PID/stat (20th after the name) is the start time.
const RECORD = `
stat=$(cat /proc/$$/stat) || exit 1
start=$(printf '%s' "\${stat##*) }" | cut -d ' ' -f 20)
printf '{"pid":%s,"start":%s,"boot":"%s"}\\n' $$ "$start" "$(cat /proc/sys/kernel/random/boot_id)" > "$1.$$" && mv "$1.$$" "$1" || exit 1
shift
exec "$@"`;

const recordPath = name => labDir('pids', `${name}.json`);

/** Where the output of the daemon `name` goes. */
export const logPath = name => labDir('logs', `${name}.log`);

/**
 * Starts argv as the daemon `name` (in the network namespace `netns` when given) and resolves with its pid.
 * A daemon of this name that is alive is left as it is. `env` is added to a minimal environment; `log` is a path.
 */
export async function startDaemon(name, argv, { netns, env = {}, log = logPath(name), cwd = '/' } = {}) {
  const running = daemonPid(name);
  if (running) return running;
  mkdirSync(labDir('pids'), { recursive: true, mode: 0o700 });
  mkdirSync(labDir('logs'), { recursive: true, mode: 0o700 });
  rmSync(recordPath(name), { force: true });
  const command = netns ? ['nsenter', `--net=/run/netns/${netns}`, '--', ...argv] : argv;
  const out = openSync(log, 'w', 0o600);
  const child = spawn('/bin/sh', ['-c', RECORD, 'sh', recordPath(name), ...command], {
    cwd,
    detached: true,
    stdio: ['ignore', out, out],
    env: { PATH: process.env.PATH, HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8', ...env },
  });
  closeSync(out);
  child.unref();
  let failure;
  child.on('error', error => {
    failure = error;
  });
  await waitUntil(`recording the daemon ${name}`, 5_000, () => {
    if (failure) throw failure;
    return existsSync(recordPath(name));
  });
  return child.pid;
}

/** Whether the daemon `name` is running: the recorded process itself, not another one with its pid. */
export const alive = name => daemonPid(name) !== undefined;

/** The pid of the daemon `name`, or undefined when it is not running. */
export function daemonPid(name) {
  try {
    const record = JSON.parse(readFileSync(recordPath(name), 'utf8'));
    return record.boot === bootId() && startTime(record.pid) === record.start ? record.pid : undefined;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Ends the daemon `name`: `signal`, up to `timeout` ms, then SIGKILL. Resolves with how it ended:
 * "not running", "ended" or "killed". Only ever signals the recorded process.
 */
export async function stopDaemon(name, { signal = 'SIGTERM', timeout = 10_000 } = {}) {
  const pid = daemonPid(name);
  let how = 'not running';
  if (pid) {
    how = await endProcess(() => daemonPid(name), signal, timeout);
  }
  rmSync(recordPath(name), { force: true });
  return how;
}

async function endProcess(current, signal, timeout) {
  const send = what => {
    const pid = current();
    try {
      if (pid) process.kill(pid, what);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  send(signal);
  const until = Date.now() + timeout;
  while (current() && Date.now() < until) await sleep(20);
  if (!current()) return 'ended';
  send('SIGKILL');
  await waitUntil(`ending process ${current()} with SIGKILL`, 10_000, () => !current());
  return 'killed';
}

/** The names of all recorded daemons, running or not. */
export function daemons() {
  return existsSync(labDir('pids'))
    ? readdirSync(labDir('pids'))
        .filter(f => f.endsWith('.json'))
        .map(f => basename(f, '.json'))
    : [];
}

/** The last `lines` lines of the daemon's log, for error messages. */
export function logTail(name, lines = 15) {
  const path = logPath(name);
  if (!existsSync(path) || statSync(path).size === 0) return '(its log is empty)';
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * Polls check() (truthy means done, and is the result) until `deadlineMs` has passed.
 * `daemon` names a daemon whose death ends the wait at once; its log goes into the error.
 */
export async function waitUntil(what, deadlineMs, check, { daemon, interval = 20 } = {}) {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (daemon && !alive(daemon)) throw new Error(`${what}: ${daemon} has ended by itself:\n${logTail(daemon)}`);
    if (Date.now() >= until)
      throw new Error(
        `${what}: not done after ${deadlineMs / 1000} s${daemon ? `; the log of ${daemon} (${logPath(daemon)}):\n${logTail(daemon)}` : ''}`,
      );
    await sleep(interval);
  }
}

/** The start time of a process in clock ticks since boot; undefined when there is none or it is a zombie. */
export function startTime(pid) {
  let stat;
  try {
    stat = readFileSync(join('/proc', String(pid), 'stat'), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
  // The name, in brackets, may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : Number(fields[19]);
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
