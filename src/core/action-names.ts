/** The five actions, in the order of the chain. */
export const actionNames = [
  'setup-go-cross',
  'build-multiarch-image',
  'deploy-ssh-systemd',
  'deploy-k8s-canary',
  'verify-health',
] as const;

export type ActionName = (typeof actionNames)[number];
