/** Text made safe for HTML; everything that comes from a record goes through it. */
export function escapeHtml(text: unknown): string {
  return String(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A table of ready-made HTML cells; each cell carries its column's name, so that a phone can stack them. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) =>
    row.map((cell, i) => `<td data-label="${escapeHtml(head[i] ?? '')}">${cell}</td>`).join('');
  return [
    '<table><thead><tr>',
    ...head.map(name => `<th>${escapeHtml(name)}</th>`),
    '</tr></thead><tbody>',
    ...rows.map(row => `<tr>${cells(row)}</tr>`),
    '</tbody></table>',
  ].join('');
}

/** A hash, shortened for the eye; the whole of it is in the title and is what is copied. */
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
