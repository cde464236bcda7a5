import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { getTrustedRoot } from '@sigstore/tuf';
import { aborted, deadline } from '../deadline.ts';
import { messageOf, SlipwayError } from '../errors.ts';

/** Where a trusted root is fetched from, and the first root.json of that place; default: Sigstore's public instance. */
export interface Mirror {
  readonly mirrorURL: string;
  readonly rootPath: string;
}

/** Milliseconds for all of it: some small files. */
const within = 60_000;

/** The trusted root of Sigstore's public instance as it is today, by The Update Framework. */
export async function fetchTrustedRoot(mirror?: Mirror): Promise<TrustedRoot> {
  // A folder of its own: what somebody else could have put into a known one would be believed.
  const cachePath = await mkdtemp(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'slipway-trusted-root-'));
  using limited = deadline(within, 'it');
  try {
    const fetched = getTrustedRoot({ ...mirror, cachePath, timeout: 10_000, retry: { retries: 2 } });
    return await Promise.race([fetched, aborted(limited)]);
  } catch (cause) {
    const from = mirror?.mirrorURL ?? 'https://tuf-repo-cdn.sigstore.dev';
    throw new SlipwayError('TRUSTED_ROOT_UNREACHABLE', `fetching the trusted root from ${from}: ${messageOf(cause)}`, {
      hint: 'Nothing was changed. Without that network give a file: trusted-root: trusted_root.json (cosign trusted-root create, gh attestation trusted-root).',
      cause,
    });
  } finally {
    await rm(cachePath, { recursive: true, force: true });
  }
}
