/** What a push is of: a branch, or a tag. */
export interface Reference {
  /** Empty of a tag. */
  readonly branch: string;
  readonly tag?: string | undefined;
}

/** What is released. */
export interface Wanted {
  /** Whose pushes are released; with `tags`, on which a tag’s commit has to be. */
  readonly branches: readonly string[];
  /** Patterns such as `v*`: with them tags are released, and pushes of branches are not. */
  readonly tags?: readonly string[] | undefined;
}

/** Names that no program takes for something else than a name. */
const plain = /^(?![-/.])[\w./+@#-]+(?<![/.])$/;

export const isBranchName = (name: string): boolean => plain.test(name) && !name.includes('..');

/** Names with `*`, which stands for any text without a slash. */
export const isTagPattern = (pattern: string): boolean => isBranchName(pattern.replaceAll('*', 'x'));

/** @returns undefined where it is neither a branch nor a tag */
export function readReference(ref: string): Reference | undefined {
  const [, kind, name = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  if (kind === undefined) return undefined;
  return kind === 'tags' ? { branch: '', tag: name } : { branch: name };
}

export function isWanted({ branch, tag }: Reference, { branches, tags }: Wanted): boolean {
  if (tags === undefined) return tag === undefined && branches.includes(branch);
  return tag !== undefined && isBranchName(tag) && tags.some(pattern => fits(tag, pattern));
}

function fits(name: string, pattern: string): boolean {
  const source = pattern.split('*').map(part => part.replaceAll(/[.+/#@-]/g, String.raw`\$&`));
  return new RegExp(`^${source.join('[^/]*')}$`).test(name);
}

/** For people: `main`, `v1.2.3`. */
export const nameOf = ({ branch, tag }: Reference): string => tag ?? branch;
