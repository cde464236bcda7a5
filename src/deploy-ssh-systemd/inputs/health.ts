import { choice, duration } from '../../core/values.ts';
import { healthChecks, listen, pidFile } from '../values.ts';

/** How a release takes over, and what makes it healthy. */
export const healthInputs = {
  listen: {
    description:
      'Port or address that the program listens on: must be free or ours before the switch, is allowed below 1024, and must accept connections when there are no `health-checks`.',
    value: listen,
  },
  'health-checks': {
    description:
      'What must hold before the release counts: probed from the host itself, e.g. `http://127.0.0.1:8080/healthz 200 within 300ms`. One a line, or YAML: HTTP, TCP, TLS and gRPC, written as in verify-health.',
    value: healthChecks,
    default: '',
  },
  'restart-method': {
    description:
      '`socket`: systemd listens on `listen` and passes the socket on (sd_listen_fds), so that no request is lost while the service is restarted; `upgrade-signal`: a program that hands its listener to a child gets `upgrade-signal`, when nothing but binary and files has changed, and is followed to its new main process.',
    value: choice('restart', 'socket', 'upgrade-signal'),
    default: 'restart',
  },
  'upgrade-signal': {
    description: 'The signal for `restart-method: upgrade-signal`.',
    value: choice('SIGUSR2', 'SIGHUP'),
    default: 'SIGUSR2',
  },
  'pid-file': {
    description:
      'Where the program writes its process id, below /run/SERVICE; for `upgrade-signal`, when it does not tell systemd by MAINPID= (`type: notify`).',
    value: pidFile,
  },
  'reload-signal': {
    description:
      'Sent instead of a restart, when nothing but files of the release has changed, for a program that reads them again. Default: it is restarted.',
    value: choice('SIGHUP', 'SIGUSR2'),
  },
  'min-healthy-time': {
    description: 'How long the new release must stay healthy, without a restart, before it counts.',
    value: duration,
    default: '5s',
  },
  'healthy-deadline': {
    description:
      'When the release must count, from the switch on, `min-healthy-time` included; later the host takes it back by itself.',
    value: duration,
    default: '1m',
  },
} as const;
