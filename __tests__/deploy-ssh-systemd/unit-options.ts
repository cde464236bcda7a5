import type { UnitOptions } from '../../src/deploy-ssh-systemd/unit-file.ts';

/** A service without wishes. */
export const plainOptions: UnitOptions = {
  service: 'hello',
  directory: '/opt/slipway/hello',
  args: [],
  runAs: 'dynamic',
  type: 'exec',
  listen: undefined,
  credentials: [],
  hasFiles: false,
  restartMethod: 'restart',
  pidFile: undefined,
  timer: undefined,
  logs: undefined,
  restart: 'always',
  after: [],
  memoryMax: undefined,
  cpuQuota: undefined,
  tasksMax: undefined,
  limitNofile: undefined,
  watchdog: undefined,
  logRateLimit: undefined,
  hardening: 'default',
  overrides: [],
};
