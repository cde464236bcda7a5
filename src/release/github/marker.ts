/** Who wrote a comment or an issue. */
export interface Authored {
  readonly user: { readonly type?: string } | null;
  readonly author_association?: string;
}

/** The text with a line in front by which we know it again; readers do not see it. */
export function marked(marker: string, markdown: string): string {
  return `${lineOf(marker)}\n${markdown}`;
}

export function startsMarked(body: string | null | undefined, marker: string): boolean {
  // GitHub may keep a body that was edited by hand with Windows' line ends.
  return (body ?? '').replaceAll('\r\n', '\n').startsWith(`${lineOf(marker)}\n`);
}

function lineOf(marker: string): string {
  return `<!-- slipway: ${marker.replaceAll('--', '–')} -->`;
}

/**
 * Whether what carries our marker may be ours: written by a bot (the workflow's token) or by somebody of the project
 * (a personal token). A stranger can write the marker too, and would get our text under their name.
 */
export function isTrusted({ user, author_association: association }: Authored): boolean {
  return user?.type === 'Bot' || ['OWNER', 'MEMBER', 'COLLABORATOR'].includes(association ?? '');
}
