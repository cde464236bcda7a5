import { escapeHtml, htmlTable } from './markup.ts';

/** A chart as the page draws it. All texts are plain. */
export interface Drawing {
  readonly title: string;
  /** What it shows, in a sentence: for those who do not see it. */
  readonly says: string;
  /** Where each point stands, with its label; numbers grow. */
  readonly points: readonly { readonly at: number; readonly label: string }[];
  readonly from?: number;
  readonly to: number;
  /** Written behind each number of the axis. */
  readonly unit: string;
  /** Each with as many values as there are points; undefined where there is none. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
  /** `step` holds a value until the next. */
  readonly form: 'line' | 'step' | 'bar';
  /** Lines across, which a series has to reach or to keep away from. */
  readonly limits?: readonly { readonly at: number; readonly name: string }[];
}

/** The drawing is as wide as a phone, so that its letters can be read there. */
const [width, height, left, right, top, bottom] = [360, 190, 56, 352, 12, 162];
/** Of a letter, more or less. */
const letter = 6.2;
const cut = (label: string, most: number) => (label.length > most ? `${label.slice(0, most - 1)}…` : label);
const fixed = (value: number) => String(Number(value.toFixed(1)));
const shown = (value: number) => String(Number(value.toPrecision(3)));

/** Of an axis: a round number that is not below, so that its half can be written, too. */
export function roundTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return power * ([1, 1.2, 1.6, 2, 3, 4, 5, 6, 8].find(step => step * power >= value) ?? 10);
}

/** A figure with an SVG drawing, its legend, and its numbers as a table to unfold. Series differ by colour and by dashes. */
export function drawing(chart: Drawing): string {
  const { title, says, points, from = 0, to, unit, series, limits = [] } = chart;
  const y = (value: number) => bottom - ((value - from) / (to - from || 1)) * (bottom - top);
  const text = (x: number, at: number, anchor: string, words: string) =>
    `<text x="${fixed(x)}" y="${fixed(at)}" text-anchor="${anchor}">${escapeHtml(words)}</text>`;
  const across = (value: number, kind: string) => `<path class="${kind}" d="M${left} ${fixed(y(value))}H${right}"/>`;
  const ticks = [from, (from + to) / 2, to];
  const x = xOf(chart);
  const every = Math.ceil(points.length / 6);
  const room = Math.floor((right - left) / Math.ceil(points.length / every) / letter);
  const last = points.length - 1;
  const atEdge = chart.form !== 'bar';
  const anchorOf = (i: number) => (atEdge && i === last && i > 0 ? 'end' : atEdge && i === 0 ? 'start' : 'middle');
  const labels = points.flatMap(({ label }, i) =>
    i === last || (i % every === 0 && last - i >= every)
      ? [text(x(i), bottom + 16, anchorOf(i), cut(label, room))]
      : [],
  );
  return [
    `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(`${title}. ${says}`)}">`,
    ...ticks.map(tick => across(tick, 'grid') + text(left - 6, y(tick) + 4, 'end', `${shown(tick)}${unit}`)),
    ...labels,
    ...(chart.form === 'bar' ? bars(chart, x, y) : lines(chart, x, y)),
    ...limits.map(({ at, name }) => across(at, 'limit') + text(right, y(at) - 4, 'end', name)),
    `</svg><figcaption><b>${escapeHtml(title)}</b>${legend(chart)}<p class="soft">${escapeHtml(says)}</p>${numbers(chart)}</figcaption></figure>`,
  ].join('');

  function numbers(of: Drawing): string {
    const rows = of.points.map(({ label }, i) => [
      escapeHtml(label),
      ...series.map(({ values }) => (values[i] === undefined ? '–' : `${shown(values[i])}${escapeHtml(unit)}`)),
    ]);
    return `<details><summary>Numbers</summary>${htmlTable(['At', ...series.map(({ name }) => name)], rows)}</details>`;
  }
}

function xOf({ points, form }: Drawing): (index: number) => number {
  if (form === 'bar') return index => left + ((index + 0.5) * (right - left)) / points.length;
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  return index => left + ((points[index]!.at - first) / (last - first || 1)) * (right - left);
}

type Scale = (value: number) => number;

function lines({ series, form }: Drawing, x: Scale, y: Scale): string[] {
  return series.map(({ values }, index) => {
    const known = values.flatMap((value, i) => (value === undefined ? [] : [[fixed(x(i)), fixed(y(value))] as const]));
    const path = known.map(([across, down], i) =>
      i === 0 ? `M${across} ${down}` : form === 'step' ? `H${across}V${down}` : `L${across} ${down}`,
    );
    return `<path class="line s${index % 4}" d="${path.join('')}"/>`;
  });
}

function bars({ series, points, from = 0 }: Drawing, x: Scale, y: Scale): string[] {
  const room = (0.8 * (right - left)) / points.length;
  const wide = room / series.length;
  return series.flatMap(({ values }, index) =>
    values.flatMap((value, i) =>
      value === undefined
        ? []
        : [
            `<rect class="s${index % 4}" x="${fixed(x(i) - room / 2 + index * wide)}" y="${fixed(y(value))}" width="${fixed(wide)}" height="${fixed(Math.max(0.5, y(from) - y(value)))}"/>`,
          ],
    ),
  );
}

function legend({ series, form }: Drawing): string {
  if (series.length < 2) return '';
  const swatch = (index: number) =>
    form === 'bar'
      ? `<rect class="s${index % 4}" width="24" height="8"/>`
      : `<path class="line s${index % 4}" d="M0 4H24"/>`;
  const entry = (name: string, index: number) =>
    `<li><svg class="swatch" viewBox="0 0 24 8" aria-hidden="true">${swatch(index)}</svg>${escapeHtml(name)}</li>`;
  return `<ul class="legend">${series.map(({ name }, index) => entry(name, index)).join('')}</ul>`;
}
