/** What runs containers on a host. */
export type Engine = 'podman' | 'docker';

/** What every container is started with, by either. */
export const confined = [
  '--pull=never',
  '--network=host',
  '--read-only',
  '--cap-drop=all',
  '--security-opt=no-new-privileges',
] as const;
