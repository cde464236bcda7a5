import { smoke } from './values.ts';

export const smokeInputs = {
  smoke: {
    description:
      'Tries the new release on each host before the switch, while the one before serves; what fails switches nothing. A YAML map. `check: ARGUMENTS` runs the program once with these, which must exit 0. `start: DURATION` starts it in the sandbox of its unit, in a network of its own, where it must listen, pass `health-checks` and stay up for so long; with `port` in the network of the host, `{port}` in its `args` and `environment`. `reach: [tcp://db:5432, https://…]` must be reachable from the host. `state: shared` gives it the folders of the service, `timeout` (`healthy-deadline`) is its deadline.',
    value: smoke,
  },
};
