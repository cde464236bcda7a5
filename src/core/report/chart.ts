/** A chart over time. */
export interface Chart {
  readonly title: string;
  /** A label for each point. */
  readonly times: readonly string[];
  readonly unit: string;
  /** The axis; `from` is 0 where it is left out. */
  readonly from?: number;
  readonly to: number;
  /** Each with as many values as there are times. */
  readonly lines: readonly { readonly form: 'line' | 'bar'; readonly values: readonly number[] }[];
}

/** Colours that are seen on white and on black; Mermaid's own first one is nearly white. */
const palette = '#4f7fd9, #d9534f';

/** A Mermaid chart for a job summary, which takes no scripts and no images. https://mermaid.js.org/syntax/xyChart.html */
export function chart({ title, times, unit, from = 0, to, lines }: Chart): string {
  return [
    '```mermaid',
    `%%{init: ${JSON.stringify({ themeVariables: { xyChart: { plotColorPalette: palette } } })}}%%`,
    'xychart-beta',
    `    title ${JSON.stringify(title.replaceAll('"', "'"))}`,
    `    x-axis [${times.map(time => JSON.stringify(time)).join(', ')}]`,
    `    y-axis "${unit}" ${from} --> ${to}`,
    ...lines.map(({ form, values }) => `    ${form} [${values.join(', ')}]`),
    '```',
  ].join('\n');
}
