/** Text made safe for HTML; everything that comes from a record goes through it. */
export function escapeHtml(text: unknown): string {
  return String(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Letters of a head that need not break. */
const most = 16;

/**
 * A table of ready-made HTML cells; the first of a row is its header. Each cell carries its column's name, so that a phone
 * can stack them, and its role, which it would lose by that.
 */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[], kind = ''): string {
  const cell = (html: string, i: number) => {
    const label = escapeHtml(head[i] ?? '');
    return i === 0
      ? `<th scope="row" role="rowheader" data-label="${label}">${html}</th>`
      : `<td role="cell" data-label="${label}">${html}</td>`;
  };
  return [
    `<table role="table"${kind === '' ? '' : ` class="${kind}"`}><thead role="rowgroup"><tr role="row">`,
    ...head.map(
      name =>
        `<th scope="col" role="columnheader"${name.length > most ? '' : ' class="short"'}>${escapeHtml(name)}</th>`,
    ),
    '</tr></thead><tbody role="rowgroup">',
    ...rows.map(row => `<tr role="row">${row.map(cell).join('')}</tr>`),
    '</tbody></table>',
  ].join('');
}

/** A hash, shortened for the eye; the whole of it is in the title and on paper, and is what is copied. */
export function hash(value: string | undefined): string {
  if (value === undefined || value === '') return '–';
  const bare = value.replace(/^sha256:/, '');
  return `<code class="hash" title="${escapeHtml(value)}">${escapeHtml(bare.slice(0, 12))}<span class="rest">${escapeHtml(bare.slice(12))}</span></code>`;
}

/** A word with a colour that stands for it: good, bad or neither. */
export function badge(word: string): string {
  const kind = /^(verified|healthy|passed|unchanged)$/.test(word)
    ? 'good'
    : /^(failed|rolled-back)$/.test(word)
      ? 'bad'
      : 'open';
  return `<span class="badge ${kind}">${escapeHtml(word)}</span>`;
}
