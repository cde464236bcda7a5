import { definition as image } from '../build-multiarch-image/inputs.ts';
import { definition as cluster } from '../deploy-k8s-canary/inputs.ts';
import { definition as hosts } from '../deploy-ssh-systemd/inputs.ts';
import { definition as build } from '../setup-go-cross/inputs.ts';
import { definition as verify } from '../verify-health/inputs.ts';
import type { Schemas } from './check.ts';

/** The actions that a slipway.yml can ask for: what each takes. */
export const schemas: Schemas = {
  'setup-go-cross': build,
  'build-multiarch-image': image,
  'deploy-ssh-systemd': hosts,
  'deploy-k8s-canary': cluster,
  'verify-health': verify,
};
