/**
 * Unit tests that play Linux: shells, GNU tools, /proc, signals and file modes. What they test runs there (the agent on
 * hosts), or cannot be shown elsewhere (a mode on Windows). Everything else runs on every system.
 */
const linuxOnly = [
  'core/host-agent/',
  'core/process\\.',
  'deploy-ssh-systemd/bring-in',
  'release/start\\.',
  'setup-go-cross/build/parallelism/',
];
const notOnWindows = [
  ...['build-multiarch-image/files/', 'deploy-ssh-systemd/extra-files', 'setup-go-cross/outputs/'],
  ...[
    'core/(action|files|version)\\.',
    'core/registry/credentials',
    'core/report/proofs',
    'release/(github/)?chain\\.',
  ],
  'setup-go-cross/toolchain/(seen|sources|unpack)\\.',
];

/** Patterns of the unit tests that are left out on a system, as `process.platform` calls it. */
export function leftOut(platform) {
  const names = platform === 'linux' ? [] : platform === 'win32' ? [...linuxOnly, ...notOnWindows] : linuxOnly;
  return names.map(name => `/__tests__/${name}`);
}
