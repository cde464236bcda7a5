/** Numbers of the system calls that the sandbox forbids, on x86-64 and arm64 (asm/unistd.h), to name what was refused. */
const numbers: Readonly<Record<string, readonly [number, number]>> = {
  acct: [163, 89],
  add_key: [248, 217],
  adjtimex: [159, 171],
  bpf: [321, 280],
  capset: [126, 91],
  chroot: [161, 51],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  fchown: [93, 55],
  fchownat: [260, 54],
  finit_module: [313, 273],
  init_module: [175, 105],
  ioprio_set: [251, 30],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  mbind: [237, 235],
  migrate_pages: [256, 238],
  mount: [165, 40],
  move_pages: [279, 239],
  open_by_handle_at: [304, 265],
  perf_event_open: [298, 241],
  personality: [135, 92],
  pivot_root: [155, 41],
  ptrace: [101, 117],
  quotactl: [179, 60],
  reboot: [169, 142],
  request_key: [249, 218],
  sched_setaffinity: [203, 122],
  sched_setattr: [314, 274],
  sched_setparam: [142, 118],
  sched_setscheduler: [144, 119],
  set_mempolicy: [238, 237],
  setdomainname: [171, 162],
  setgid: [106, 144],
  setgroups: [116, 159],
  sethostname: [170, 161],
  setns: [308, 268],
  setpriority: [141, 140],
  setregid: [114, 143],
  setresgid: [119, 149],
  setresuid: [117, 147],
  setreuid: [113, 145],
  setrlimit: [160, 164],
  settimeofday: [164, 170],
  setuid: [105, 146],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  userfaultfd: [323, 282],
};

/** The architectures of the kernel's audit records (linux/audit.h). */
const architectures: Readonly<Record<string, 0 | 1>> = { c000003e: 0, c00000b7: 1 };

/**
 * The system call that an audit record of seccomp names (`type=1326 … sig=31 arch=c000003e syscall=165 …`): its name, or its
 * number where that is not known here; undefined where the text has no such record.
 */
export function refusedCall(audit: string): string | undefined {
  const [, architecture = '', number = ''] = /\barch=([0-9a-f]+) syscall=(\d+)/.exec(audit) ?? [];
  if (number === '') return undefined;
  const at = architectures[architecture];
  const found = Object.entries(numbers).find(([, all]) => at !== undefined && all[at] === Number(number));
  return found?.[0] ?? `number ${number}`;
}
