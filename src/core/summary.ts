import { appendFile, stat } from 'node:fs/promises';
import { formatDuration } from './units.ts';

/** One bar of the timeline; milliseconds since the epoch. */
export interface Span {
  readonly name: string;
  /** What it is about, where the chart has several: the bars of a section stand together. */
  readonly section?: string;
  readonly start: number;
  readonly end: number;
  readonly failed?: boolean;
}

const limit = 1024 * 1024 - 1024; // over 1 MiB the runner throws the whole summary away

/** A Markdown table; cells may hold anything. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', '<br>')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** A code block that nothing in the text can end. */
export function codeBlock(text: string, language = 'text'): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/**
 * A Mermaid gantt chart of what was done when; the axis begins at zero. Mermaid shows times in the reader's time zone, so
 * they are written as times of day of that zone: milliseconds since the epoch would begin at 30:00 in India.
 */
export function timeline(title: string, spans: readonly Span[]): string {
  const zero = Math.min(...spans.map(span => span.start));
  const whole = Math.max(...spans.map(span => span.end)) - zero;
  // A day on which no time zone puts its clocks forward or back.
  const at = (ms: number) => new Date(Date.UTC(2001, 0, 1) + Math.round(ms)).toISOString().slice(0, -1);
  const plain = (text: string) =>
    text
      .replaceAll(':', '\u2236') // looks like the colon, which would end the name
      .replaceAll(/[;#,]/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
  const bar = (span: Span, index: number) => {
    const { section } = span;
    const head =
      section === undefined || section === spans[index - 1]?.section ? '' : `    section ${plain(section)}\n`;
    const name = plain(span.name);
    const status = span.failed ? 'crit, ' : '';
    const length = Math.max(1, Math.round(span.end - span.start));
    return `${head}    ${name} (${formatDuration(span.end - span.start)}) :${status}t${index}, ${at(span.start - zero)}, ${length}ms`;
  };
  // what does not fit would run into the bars; 7 px a character
  const longest = Math.max(0, ...spans.map(({ section = '' }) => section.length));
  const room = longest === 0 ? [] : [`%%{init: {"gantt": {"leftPadding": ${Math.min(300, 20 + 7 * longest)}}}}%%`];
  return [
    '```mermaid',
    ...room,
    'gantt',
    `    title ${title}`,
    '    dateFormat YYYY-MM-DDTHH:mm:ss.SSS',
    `    axisFormat ${whole < 3_600_000 ? '%M:%S' : '%H:%M:%S'}`,
    ...spans.map(bar),
    '```',
  ].join('\n');
}

/**
 * Appends Markdown to the job summary, where the runner has one; what no longer fits is cut with a word about it. The
 * limit holds for the step, whose links (root action) all write into one file.
 */
export async function writeSummary(markdown: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return;
  const written = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  const room = limit - written;
  if (room <= 0) return;
  const fits = Buffer.byteLength(markdown) <= room;
  const text = fits
    ? markdown
    : `${Buffer.from(markdown).subarray(0, room).toString('utf8')}\n\n_The summary was cut at 1 MiB._`;
  await appendFile(file, `${text}\n\n`);
}
