/** What GitHub takes as the body of a comment or issue, and of a release. */
export const bodyLimit = { comment: 65_536, release: 125_000 } as const;

/**
 * Markdown cut to what GitHub takes: at the end of a line, with what was open there (code, details) closed, and with a
 * word about it. GitHub counts characters; an emoji is one there and two here, so this is never too long.
 */
export function shortenBody(markdown: string, limit: number, note: string): string {
  if (markdown.length <= limit) return markdown;
  const room = limit - note.length - 200; // for what has to be closed
  const head = markdown.slice(0, Math.max(0, room));
  const whole = head.slice(0, Math.max(0, head.lastIndexOf('\n')));
  return `${whole}\n${closing(whole)}\n${note}`;
}

function closing(text: string): string {
  const open: string[] = [];
  let fence = '';
  for (const line of text.split('\n')) {
    const [, mark = ''] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === '' && mark !== '') fence = mark;
    else if (fence !== '' && mark.startsWith(fence) && line.trim() === mark) fence = '';
    else if (fence === '') {
      for (const [, slash] of line.matchAll(/<(\/?)details\b/g)) {
        if (slash === '') open.push('</details>');
        else open.pop();
      }
    }
  }
  return [...(fence === '' ? [] : [fence]), ...open.reverse()].join('\n');
}

/** One sentence, as long as GitHub takes it as the description of a status. */
export function shortenLine(text: string): string {
  return text.length <= 140 ? text : `${text.slice(0, 139)}…`;
}
