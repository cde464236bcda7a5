import { riskInputs } from '../../core/risk/inputs.ts';
import { choice, duration } from '../../core/values.ts';
import { loadBalancer } from '../load-balancer.ts';
import { share } from '../values.ts';

/** In which order of the hosts. */
export const rolloutInputs = {
  strategy: {
    description:
      '`auto`: what the risk of the release comes to, see below. `all` hosts at once; `rolling`, batch by batch; `canary`, one host first, for `soak-time`, then the rest; `blue-green`, batch by batch, and on each host a second instance that gets the requests of `proxy` when it is healthy.',
    value: choice('all', 'rolling', 'canary', 'blue-green', 'auto'),
    default: 'all',
  },
  ...riskInputs,
  batch: {
    description:
      'Hosts at once, a number or a share such as 25%. Default: 1 with `rolling` and `blue-green`; with `canary`, all that are left.',
    value: share,
  },
  'max-unavailable': {
    description:
      'Hosts, a number or a share, that may be without a serving release at once, those included that did not serve before. When it is given, so many unreachable hosts are passed over and reported; else one is enough to begin nothing.',
    value: share,
  },
  'soak-time': {
    description:
      'How long a canary must stay healthy beyond `min-healthy-time`, before it counts; with `blue-green`, how long each new instance must stay healthy with the requests, before the other one is stopped.',
    value: duration,
    default: '1m',
  },
  'on-failure': {
    description:
      'A host that fails goes back by itself, and no more are begun. `stop` leaves the others as they are; `rollback-batch` and `rollback-all` also bring those back that were changed with it, or in the whole run.',
    value: choice('stop', 'rollback-batch', 'rollback-all'),
    default: 'stop',
  },
  'load-balancer': {
    description:
      'Takes each host out before it is changed, and waits for what is under way there. `{nginx: FILE, hosts: lb@…, server: "{host}:8080"}` marks the server `down` in the file of an upstream; `{haproxy: SOCKET, hosts, server: "BACKEND/{host}"}` uses the runtime socket; `{drain: COMMAND, restore: COMMAND, on: runner | host}` runs yours. `wait`, 30s, for requests to end. `hosts` may be left out where hosts have the role `lb`.',
    value: loadBalancer,
  },
} as const;
