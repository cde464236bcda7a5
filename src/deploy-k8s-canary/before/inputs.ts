import { duration, lines } from '../../core/values.ts';

/** Inputs of Jobs that run before the first step. */
export const beforeInputs = {
  before: {
    description:
      'Manifests of Jobs that run to their end before the first pod of the new release is made, such as migrations: paths or globs, one a line, run one after the other. See “Jobs before the first step” below.',
    value: lines,
    default: '',
  },
  'before-timeout': {
    description: 'How long each of them may take that has no `activeDeadlineSeconds` of its own. Part of `timeout`.',
    value: duration,
    default: '10m',
  },
} as const;
