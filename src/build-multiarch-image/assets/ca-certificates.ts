/** Written by scripts/update-certificates.mjs, together with ca-certificates.pem. */
export const certificates = {
  source: "Mozilla's list, as bundled in Node 24.21.0",
  count: 121,
  sha256: '2967d83e207c97e0f1fb66a2d0d279fdb6b09c63f8647e476041f56440ef8653',
} as const;
