/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name?: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

/** The names that verifiers ask for; a signature as cosign 3 writes it is a statement too. */
export const predicateTypes = {
  signature: 'https://sigstore.dev/cosign/sign/v1',
  provenance: 'https://slsa.dev/provenance/v1',
  cyclonedx: 'https://cyclonedx.org/bom',
  spdx: 'https://spdx.dev/Document',
  verification: 'https://slsa.dev/verification_summary/v1',
} as const;

/** What an attestation is, in one word. */
export type Predicate = keyof typeof predicateTypes;

/** The types that a word or a URL stands for; undefined: any. */
export function predicatesOf(given: string | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined;
  if (given === 'sbom') return [predicateTypes.cyclonedx, predicateTypes.spdx];
  return [Object.hasOwn(predicateTypes, given) ? predicateTypes[given as Predicate] : given];
}

export const statementType = 'application/vnd.in-toto+json';

/** A statement on manifests, as the bytes that are signed. `digests` are `sha256:…`. */
export function statementOn(digests: readonly string[], type: Predicate, predicate: unknown): Buffer {
  const statement: Statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: digests.map(digest => ({ digest: { sha256: digest.slice('sha256:'.length) } })),
    predicateType: predicateTypes[type],
    predicate,
  };
  return Buffer.from(JSON.stringify(statement));
}
