import type { Check, CheckResult } from '../core/health/index.ts';
import { refusedCall } from './system-calls.ts';
import type { UnitState } from './unit-state.ts';
import type { Exit } from './unit-verdict.ts';

/** What is known of a release that failed. */
export interface Symptoms {
  /** How its process ended, if it did. */
  readonly exit: Exit | undefined;
  readonly unit: UnitState | undefined;
  /** The program's own last lines, and systemd's about it. */
  readonly journal: string;
  /** The kernel's records of system calls that were refused, where it keeps any. */
  readonly audit: string;
  /** What `listensElsewhere` found. */
  readonly elsewhere: readonly number[];
}

/** The program's own words, and the directive or input that they point to. */
const words: readonly [RegExp, string][] = [
  [/bind: address already in use/i, 'Something else listens on its port: look with `ss -ltnp` on the host.'],
  [/bind: permission denied/i, 'A port below 1024 takes a capability: give the input "listen", which brings it along.'],
  [
    /address family not supported/i,
    'RestrictAddressFamilies= allows AF_INET, AF_INET6 and AF_UNIX only: add the family by "unit-overrides".',
  ],
  [
    /read-only file system/i,
    'ProtectSystem=strict leaves only its own folders writable: write below $STATE_DIRECTORY, or name the path in ReadWritePaths= by "unit-overrides".',
  ],
  [/open \/(home|root|run\/user)\b/i, 'ProtectHome= hides /home, /root and /run/user: relax it by "unit-overrides".'],
  [/too many open files/i, 'It may open no more files: raise the input "limit-nofile".'],
  [
    /cannot allocate memory|out of memory/i,
    'It found no memory: raise "memory-max"; a program that makes code at run time needs MemoryDenyWriteExecute=no by "unit-overrides".',
  ],
  [
    /operation not permitted/i,
    'Something was refused to it (EPERM), by SystemCallFilter= or for want of a capability: try "hardening: off" to see, then relax the one directive by "unit-overrides".',
  ],
];

/** The ports on which a process listens, where a check was refused at one that is not among them; else none. Pure. */
export function listensElsewhere(
  checks: readonly Pick<CheckResult, 'check' | 'verdict' | 'lastFailure'>[],
  listens: readonly number[],
): readonly number[] {
  const refused = checks.filter(one => one.verdict !== 'passed' && one.lastFailure?.reason === 'refused');
  return refused.some(({ check }) => !listens.includes(portOf(check) ?? 0)) ? listens : [];
}

function portOf(check: Check): number | undefined {
  if (check.kind === 'http') return Number(check.url.port || (check.url.protocol === 'https:' ? 443 : 80));
  return 'port' in check ? check.port : undefined;
}

/** What the end of a process and its last words point to: sentences that say what would change it. Pure. */
export function diagnose({ exit, unit, journal, audit, elsewhere }: Symptoms): string[] {
  const killed = exit?.code === '2' || exit?.code === '3' ? exit.status : 0;
  const found: string[] = [];
  if (
    unit?.result === 'oom-kill' ||
    exit?.result === 'oom-kill' ||
    /killed by the OOM killer|result 'oom-kill'/i.test(journal)
  )
    found.push('The kernel ended it for want of memory: raise "memory-max", or look for the leak.');
  const call = refusedCall(audit);
  if (killed === 31 || call !== undefined) {
    const which = call === undefined ? 'a system call' : `the system call ${call}`;
    const record = call === undefined ? ' (the kernel’s audit log says which: ausearch -m SECCOMP)' : '';
    found.push(`SystemCallFilter= forbids ${which}${record}: allow it by "unit-overrides".`);
  }
  if (exit?.code === '1' && exit.status === 203)
    found.push(
      'A program that is linked dynamically needs the loader and libraries of the host: build with CGO_ENABLED=0.',
    );
  if (elsewhere.length > 0)
    found.push(
      `Nobody listens where the check asks; its process listens on port ${elsewhere.join(' and ')}: name that one in "health-checks", or tell the program where to listen.`,
    );
  return [...found, ...words.filter(([said]) => said.test(journal)).map(([, sentence]) => sentence)];
}
