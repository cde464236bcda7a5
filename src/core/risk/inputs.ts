import { text } from '../values.ts';

/** Inputs of the actions that deploy. */
export const riskInputs = {
  history: {
    description:
      'Where earlier deployments are recorded, for `strategy: auto`: as `records` of slipway.yml says it, such as `{folder: /srv/records}`, `{git: slipway-records}` or `{oci: ghcr.io/acme/hello}`. In a slipway.yml with `records` these are meant.',
    value: text,
  },
} as const;
