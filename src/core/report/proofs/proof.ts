/** Something that the record claims, and how anybody checks it by hand, with public tools only. */
export interface Proof {
  /** A sentence for people; plain text. */
  readonly claim: string;
  /** For a POSIX shell, several lines perhaps; every word that comes from the record is quoted. */
  readonly command: string;
  /** Texts that it prints when the claim holds; none where its exit code says it all. */
  readonly prints: readonly string[];
}

/** Proofs of one link of the chain. */
export interface ProofGroup {
  readonly title: string;
  /** Where the commands are run: in a clone of the repository, in the folder of release.json, or wherever one likes. */
  readonly place: 'repository' | 'record' | 'anywhere';
  /** Programs and what else is needed; plain text. */
  readonly needs: string;
  readonly proofs: readonly Proof[];
}

/** A hex sha256 without `sha256:`. */
export const bare = (digest: string) => digest.replace(/^sha256:/, '');
