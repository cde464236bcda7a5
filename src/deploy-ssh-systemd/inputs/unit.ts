import { choice, duration, int, size, text } from '../../core/values.ts';
import { fileRules } from '../extra-files.ts';
import { requirements } from '../requirements.ts';
import { cpuQuota, logRateLimit, overrides } from '../unit-values.ts';
import { serviceDirectory } from '../values.ts';

/** What the unit limits and allows, and what lies beside the program. */
export const unitInputs = {
  'memory-max': {
    description:
      'Memory that the service may use, such as 512MiB; more ends it. Sets GOMEMLIMIT to nine tenths of it unless `environment` does.',
    value: size,
  },
  'cpu-quota': {
    description:
      'Processor time that the service may use, in percent of one core: 150% is one and a half. Sets GOMAXPROCS, rounded up, unless `environment` does.',
    value: cpuQuota,
  },
  'tasks-max': { description: 'Threads and processes of the service at most.', value: int(1, 4_194_303) },
  'limit-nofile': { description: 'Files and sockets that it may have open.', value: int(16, 1_073_741_816) },
  watchdog: {
    description: 'Restart the service when it does not say within this time that it is alive (sd_notify WATCHDOG=1).',
    value: duration,
  },
  'log-rate-limit': {
    description:
      'Lines of log that the journal takes from the service in a time, such as 10000/30s, or `off`. Default: the host’s.',
    value: logRateLimit,
  },
  hardening: {
    description:
      'The sandbox. `default` scores 1.4 or better in `systemd-analyze security`; `strict` adds a user namespace and, when `listen` is a loopback address, no traffic with other machines; `off` leaves it out.',
    value: choice('default', 'strict', 'off'),
    default: 'default',
  },
  'unit-overrides': {
    description:
      'Directives of the unit’s sandbox and limits, Directive=value, one a line, in place of the generated ones; an empty value leaves one out.',
    value: overrides,
    default: '',
  },
  'drop-in': {
    description:
      'Lines of your own for the unit, as a drop-in file has them (`[Service]`, then `Directive=value`), or the path of such a file. Part of the release: it is verified, switched and taken back with it.',
    value: text,
  },
  files: {
    description:
      'More files of the release, `SRC:DEST[:MODE]`, one a line. SRC is a file, folder or glob; DEST lies below the folder that the program starts in, with `/` at its end sources go into it.',
    value: fileRules,
    default: '',
  },
  requires: {
    description:
      'What a host must have, one a line: `memory >= 512M`, `disk >= 1G` (free), `cores >= 2`, `kernel >= 5.10`, `systemd >= 247`.',
    value: requirements,
    default: '',
  },
  'service-directory': {
    description:
      'Where the releases lie on the host. Default: /opt/slipway/SERVICE; /volume1/slipway/SERVICE with `layout: dsm`; ~/.local/share/slipway/SERVICE where `become: none` makes it a service of the user’s own.',
    value: serviceDirectory,
  },
} as const;
