import { SlipwayError } from '../errors.ts';

/** Undefined when the inputs name something to authenticate with. */
export function missingIdentity(inputs: {
  readonly 'private-key'?: unknown;
  readonly 'ssh-agent'?: unknown;
}): SlipwayError | undefined {
  if (inputs['private-key'] !== undefined || inputs['ssh-agent'] === true) return undefined;
  return new SlipwayError('INPUT_INVALID', 'input "private-key" is missing, and "ssh-agent" is not true', {
    hint: 'Nothing was changed. Give the SSH key as a secret, or ssh-agent: true where a step before has loaded it into an agent.',
  });
}
