import { describe, expect, test } from '@jest/globals';
import { otherIdentity, readIdentity } from '../../../src/core/attestation/identity.ts';
import type { SignerInputs } from '../../../src/core/attestation/inputs.ts';

const issuer = 'https://token.actions.githubusercontent.com';
const workflow = 'https://github.com/acme/hello/.github/workflows/release.yml';
const seen = { subject: `${workflow}@refs/heads/main`, issuer, source: 'https://github.com/acme/hello' };
const shared = { ...seen, subject: 'https://github.com/acme/ci/.github/workflows/ship.yml@refs/tags/v1' };

describe('whose certificate counts', () => {
  test.each<[string, SignerInputs, Partial<typeof seen>, string | undefined]>([
    [
      'the exact identity',
      { 'certificate-identity': seen.subject, 'certificate-oidc-issuer': issuer },
      seen,
      undefined,
    ],
    [
      'an identity that only begins so',
      { 'certificate-identity': workflow, 'certificate-oidc-issuer': issuer },
      seen,
      `${seen.subject} signed it, not ${workflow}`,
    ],
    [
      'another issuer',
      { 'certificate-identity': seen.subject, 'certificate-oidc-issuer': issuer },
      { ...seen, issuer: 'https://evil.example' },
      `is https://evil.example, not ${issuer}`,
    ],
    [
      'no issuer',
      { 'certificate-identity': seen.subject, 'certificate-oidc-issuer': issuer },
      { subject: seen.subject },
      'is nobody, not',
    ],
    [
      'an expression',
      { 'certificate-identity-regexp': `^${workflow}@refs/(heads|tags)/`, 'certificate-oidc-issuer': issuer },
      seen,
      undefined,
    ],
    [
      'an expression that another matches',
      { 'certificate-identity-regexp': `^${workflow}@refs/tags/`, 'certificate-oidc-issuer': issuer },
      seen,
      'not what matches ^https://github.com/acme/hello/',
    ],
    [
      'an expression of which a branch matches further behind',
      { 'certificate-identity-regexp': '^https://x/|acme/hello', 'certificate-oidc-issuer': issuer },
      seen,
      'not what matches ^https://x/|acme/hello',
    ],
    ['a repository', { 'source-repository': 'acme/hello' }, seen, undefined],
    ['a repository in other letters', { 'source-repository': 'https://github.com/Acme/Hello' }, seen, undefined],
    ['a repository of a longer name', { 'source-repository': 'acme/hell' }, seen, 'signed it, not'],
    ['a repository through a workflow of another one', { 'source-repository': 'acme/hello' }, shared, 'signed it, not'],
    [
      'a repository through a reusable workflow that is named',
      { 'source-repository': 'acme/hello', 'signer-workflow': 'acme/ci/.github/workflows/ship.yml' },
      shared,
      undefined,
    ],
    [
      'a reusable workflow in a run of any repository',
      { 'signer-workflow': 'acme/ci/.github/workflows/ship.yml' },
      shared,
      'in a run of https://github.com/acme/hello, not of https://github.com/acme/ci',
    ],
    [
      'a certificate that names no repository',
      { 'source-repository': 'acme/hello' },
      { subject: seen.subject, issuer },
      'in a run of no repository',
    ],
    ['a workflow at any reference', { 'signer-workflow': 'acme/hello/.github/workflows/release.yml' }, seen, undefined],
    [
      'a workflow at this reference',
      { 'signer-workflow': 'github.com/acme/hello/.github/workflows/release.yml@refs/heads/main' },
      seen,
      undefined,
    ],
    [
      'a workflow at a reference of a longer name',
      { 'signer-workflow': 'acme/hello/.github/workflows/release.yml@refs/heads/main' },
      { ...seen, subject: `${seen.subject}-2` },
      'signed it, not',
    ],
    [
      'a workflow whose dots are no wildcards',
      { 'signer-workflow': 'acme/hello/.github/workflows/release.yml' },
      { ...seen, subject: seen.subject.replace('release.yml', 'releasexyml') },
      'signed it, not',
    ],
  ])('%s', (_name, inputs, certificate, said) => {
    const other = otherIdentity(readIdentity(inputs), {
      subject: undefined,
      issuer: undefined,
      source: undefined,
      ...certificate,
    });
    if (said === undefined) expect(other).toBeUndefined();
    else expect(other).toContain(said);
  });

  test.each<[string, SignerInputs, string]>([
    ['nothing', {}, 'nothing says whose identity counts'],
    ['an issuer alone', { 'certificate-oidc-issuer': issuer }, 'nothing says whose identity counts'],
    ['an identity alone', { 'certificate-identity': 'a@b.c' }, 'without "certificate-oidc-issuer"'],
    ['an expression alone', { 'certificate-identity-regexp': '^a@b[.]c$' }, 'without "certificate-oidc-issuer"'],
    [
      'two identities',
      { 'certificate-identity': 'a', 'signer-workflow': 'a/b/.github/workflows/c.yml' },
      'both say who signs',
    ],
    ['an expression for everybody', { 'certificate-identity-regexp': '.*' }, 'matches everybody'],
    ['one for every URL', { 'certificate-identity-regexp': '^https://' }, 'matches everybody'],
    ['one for all of GitHub', { 'certificate-identity-regexp': '^https://github.com/.*' }, 'matches everybody'],
    ['one that begins anywhere', { 'certificate-identity-regexp': 'acme/hello' }, 'does not begin with ^'],
    ['no expression', { 'certificate-identity-regexp': '^(' }, 'is none'],
    ['no repository', { 'source-repository': 'hello' }, 'no OWNER/REPO'],
    ['a repository elsewhere', { 'source-repository': 'https://gitlab.com/acme/hello' }, 'no OWNER/REPO'],
    ['no workflow', { 'signer-workflow': 'acme/hello/release.yml' }, 'no workflow of GitHub'],
  ])('%s is refused', (_name, inputs, said) => {
    expect(() => readIdentity(inputs)).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        message: expect.stringContaining(said),
        hint: expect.stringContaining('Nothing was changed'),
      }),
    );
  });
});
