import { SlipwayError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';

export interface SigstoreInputs {
  readonly 'fulcio-url': string | undefined;
  readonly 'rekor-url': string | undefined;
  readonly 'timestamp-url': string | undefined;
}

/** Services of a Sigstore instance: the certificate authority, and a log or a clock that witness the signature. */
export interface Endpoints {
  readonly fulcio: string;
  readonly rekor: string | undefined;
  readonly timestamp: string | undefined;
}

/**
 * Which Sigstore signs: the one that the inputs name; else for a public repository the public one, whose log anybody can
 * read, and for a private one GitHub's own, which tells nobody of it (as actions/attest does).
 *
 * @throws `OIDC_MISSING` where the job may not say who it is
 */
export async function endpointsFor(inputs: SigstoreInputs, env: NodeJS.ProcessEnv): Promise<Endpoints> {
  if (!env['ACTIONS_ID_TOKEN_REQUEST_URL'] || !env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']) {
    throw new SlipwayError('OIDC_MISSING', 'sign: keyless needs the identity of a GitHub job, and there is none', {
      hint: 'Give the job `permissions: id-token: write`; elsewhere sign with a key: sign: key.',
    });
  }
  const { 'fulcio-url': fulcio, 'rekor-url': rekor, 'timestamp-url': timestamp } = inputs;
  if (fulcio !== undefined) {
    if (rekor === undefined && timestamp === undefined) {
      throw new SlipwayError('INPUT_INVALID', 'input "fulcio-url" is given without "rekor-url" or "timestamp-url"', {
        hint: 'A certificate lives for minutes: give the log or the clock that witnesses when it signed.',
      });
    }
    return { fulcio, rekor, timestamp };
  }
  if (rekor !== undefined || timestamp !== undefined) {
    throw new SlipwayError('INPUT_INVALID', 'input "rekor-url" or "timestamp-url" is given without "fulcio-url"', {
      hint: 'Name all services of one Sigstore instance, or none.',
    });
  }
  return (await isPublic(env)) ? publicGood : github;
}

const publicGood: Endpoints = {
  fulcio: 'https://fulcio.sigstore.dev',
  rekor: 'https://rekor.sigstore.dev',
  timestamp: undefined,
};
const github: Endpoints = {
  fulcio: 'https://fulcio.githubapp.com',
  rekor: undefined,
  timestamp: 'https://timestamp.githubapp.com',
};

/** As the event of the run says; whoever does not know must not publish the repository's name in a log. */
async function isPublic(env: NodeJS.ProcessEnv): Promise<boolean> {
  const text = env['GITHUB_EVENT_PATH'] ? await readIfThere(env['GITHUB_EVENT_PATH']) : undefined;
  try {
    const { repository } = JSON.parse(text ?? '{}') as { repository?: { visibility?: string } };
    return repository?.visibility === 'public';
  } catch {
    return false;
  }
}
