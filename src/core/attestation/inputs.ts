import type { Inputs } from '../inputs.ts';
import { text } from '../values.ts';

/** The inputs that say whose attestation counts, beside `require-attestation`; `readRequirement` takes their values. */
export const signerInputs = {
  'certificate-identity': {
    description:
      'With `require-attestation: keyless`: the identity in the signer’s certificate, exactly, e.g. `https://github.com/acme/hello/.github/workflows/release.yml@refs/heads/main`.',
    value: text,
  },
  'certificate-identity-regexp': {
    description:
      'The same as a regular expression, which must begin with `^`: `^https://github\\.com/acme/hello/\\.github/workflows/release\\.yml@refs/tags/v`.',
    value: text,
  },
  'certificate-oidc-issuer': {
    description:
      'Who vouched for that identity, exactly, e.g. `https://token.actions.githubusercontent.com`, which is also the default with `source-repository` and `signer-workflow`.',
    value: text,
  },
  'source-repository': {
    description:
      'Shorthand for GitHub, as `gh attestation verify --repo`: a run of `OWNER/REPO` must have signed. Without `signer-workflow`, by a workflow of the same repository.',
    value: text,
  },
  'signer-workflow': {
    description:
      'Shorthand for GitHub, as `gh attestation verify --signer-workflow`: the workflow that must have signed, `OWNER/REPO/.github/workflows/FILE`, with `@refs/…` at that reference only. For a reusable workflow of another repository, `source-repository` says whose runs count.',
    value: text,
  },
  'predicate-type': {
    description:
      'What must be attested: `provenance`, `sbom`, `cyclonedx`, `spdx`, `signature`, `verification`, or a type’s URL. Default: whatever is signed.',
    value: text,
  },
  'trusted-root': {
    description:
      'Whose certificates, logs and timestamps are trusted: the path of a `trusted_root.json` (`cosign trusted-root create`, `gh attestation trusted-root`). Default: Sigstore’s public instance, whose root is fetched (TUF).',
    value: text,
  },
} as const satisfies Inputs;

/** What the inputs above hold. */
export type SignerInputs = { readonly [Name in keyof typeof signerInputs]?: string | undefined };
