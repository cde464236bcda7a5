import { predicateTypes } from '../../attestation/statement.ts';
import type { Attestation, Image } from '../../record/schema.ts';
import { shellWord } from '../shell.ts';
import { bare, type Proof, type ProofGroup } from './proof.ts';

/** Images: what the registry serves, down to the programs inside, and who signed it. */
export function imageProofs(image: Image): ProofGroup {
  // what begins with a dash would be an option
  const repositories = image.repositories.filter(name => !name.startsWith('-'));
  const [repository] = repositories;
  const title = `Image ${bare(image.digest).slice(0, 12)}`;
  if (repository === undefined) return { title, place: 'anywhere', needs: '', proofs: [] };
  const signers = image.attestations.flatMap(({ signedBy }) => signedBy ?? []);
  const at = (digest: string) => shellWord(`${repository}@${digest}`);
  return {
    title,
    place: 'anywhere',
    needs:
      signers.length === 0
        ? 'crane'
        : signers.includes('keyless')
          ? 'crane and cosign'
          : "crane, cosign and the signer's cosign.pub",
    proofs: [
      ...repositories.map(name => ({
        claim: `${name} serves the recorded index, byte for byte.`,
        command: `crane manifest ${shellWord(`${name}@${image.digest}`)} | sha256sum`,
        prints: [bare(image.digest)],
      })),
      ...image.tags.map(tag => ({
        claim: `The tag ${tag} points to it.`,
        command: `crane digest ${shellWord(`${repository}:${tag}`)}`,
        prints: [image.digest],
      })),
      ...image.platforms.map(({ platform, digest, binaries }) => ({
        claim: `Of ${platform} it holds the recorded binaries, unchanged.`,
        command: [
          `crane digest --platform ${shellWord(platform)} ${at(image.digest)}`,
          `crane export ${at(digest)} - | tar --extract --file=- --to-command=sha256sum`,
        ].join('\n'),
        prints: [digest, ...binaries],
      })),
      ...image.attestations.flatMap(one => attestationProof(one, at(one.subject), at(one.digest))),
    ],
  };
}

/** What cosign calls the predicates that it is asked for. */
const types: Record<string, string> = {
  [predicateTypes.provenance]: 'slsaprovenance1',
  [predicateTypes.cyclonedx]: 'cyclonedx',
  [predicateTypes.spdx]: 'spdxjson',
};

function attestationProof(attestation: Attestation, on: string, itself: string): Proof[] {
  const { type, digest, subject, signedBy, identity } = attestation;
  if (signedBy === undefined)
    return [
      {
        claim: `A statement (${type}, not signed) is attached to ${subject}.`,
        command: `crane manifest ${itself} | sha256sum`,
        prints: [bare(digest)],
      },
    ];
  const by = signedBy === 'keyless' ? named(identity) : '--key cosign.pub --insecure-ignore-tlog=true';
  const isSignature = type === predicateTypes.signature;
  if (!isSignature && types[type] === undefined) return [];
  const what = isSignature ? 'verify' : `verify-attestation --type ${types[type]}`;
  const who = signedBy === 'keyless' ? (identity?.subject ?? 'a workflow of the repository') : signedBy;
  return [
    {
      claim: `${isSignature ? 'The signature' : `The statement ${type}`} on ${subject} is by ${who}.`,
      command: `cosign ${what} ${by} ${on}`,
      prints: [],
    },
  ];
}

/** Whose certificate it must be. Records of older versions do not say it: who checks does. */
function named(identity: Attestation['identity']): string {
  if (identity === undefined)
    return "--certificate-oidc-issuer https://token.actions.githubusercontent.com --certificate-identity-regexp '^https://github.com/OWNER/REPOSITORY/'";
  const { subject, issuer } = identity;
  return `--certificate-oidc-issuer=${shellWord(issuer)} --certificate-identity=${shellWord(subject)}`;
}
