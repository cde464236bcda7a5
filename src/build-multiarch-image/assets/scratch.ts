/** Written by scripts/update-scratch.mjs, together with scratch.tar.gz. */
export const scratch = {
  zones: 'tzdata 2025c, of lib/time/zoneinfo.zip (sha256 8f55634d05f8bca1f7bc7c69c5933428c69357e0bdf565e5ba224e3f88ff12e8) in go1.26.8',
  digest: 'sha256:70639d748a9e5f2a706c16ff959afbc0d954bc15932c1e02f461e8c20c1c0ac5',
  size: 188753,
  diffId: 'sha256:9a49008ec1eaf4a15e1949cb39e28343ca79df43895ceedc400acae772398796',
  unpacked: 861696,
} as const;
