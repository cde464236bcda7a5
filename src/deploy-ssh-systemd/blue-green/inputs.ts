import { ports } from './ports.ts';

export const blueGreenInputs = {
  ports: {
    description:
      'With `strategy: blue-green`, the ports of the two instances, such as `8081, 8082`. Each has its own in `$PORT`, and wherever `args` and `environment` say `{port}`. A check of one of them asks the instance that is tried.',
    value: ports,
  },
};
