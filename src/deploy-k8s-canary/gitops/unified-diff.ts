/** Pairs of lines that are compared at the most; a larger change is shown as one. */
const comparable = 4_000_000;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * What becomes of a file's text, as `git diff --unified=0` shows it: lines that `git apply --unidiff-zero` takes. Without lines around,
 * as these may be a Secret's. Empty where nothing changes. Pure.
 */
export function unifiedDiff(path: string, before: string, after: string): string[] {
  const lines = compared(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines).map(([from, to]) => hunk(lines, from, to));
  return hunks.length === 0 ? [] : [`--- a/${path}`, `+++ b/${path}`, ...hunks.flat()];
}

const noEnd = '\n\\ No newline at end of file';

function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop()!;
  return last === '' ? lines : [...lines, last + noEnd];
}

function compared(before: readonly string[], after: readonly string[]): Line[] {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (lines: readonly string[]) => lines.map((text): Line => ({ sign: ' ', text }));
  const inner = middle(before.slice(start, before.length - end), after.slice(start, after.length - end));
  return [...same(before.slice(0, start)), ...inner, ...same(before.slice(before.length - end))];
}

/** By the longest common subsequence. */
function middle(before: readonly string[], after: readonly string[]): Line[] {
  const signed = (sign: '-' | '+', lines: readonly string[]) => lines.map((text): Line => ({ sign, text }));
  if (before.length * after.length > comparable) return [...signed('-', before), ...signed('+', after)];
  const common = before.map(() => new Uint32Array(after.length + 1));
  common.push(new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i]![j] =
        before[i] === after[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ sign: ' ', text: before[i++]! });
      j++;
    } else if (common[i + 1]![j]! >= common[i]![j + 1]!) lines.push({ sign: '-', text: before[i++]! });
    else lines.push({ sign: '+', text: after[j++]! });
  }
  return [...lines, ...signed('-', before.slice(i)), ...signed('+', after.slice(j))];
}

/** Ranges of lines that change; those that touch are one. */
function hunksOf(lines: readonly Line[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [at, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    const last = ranges.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else ranges.push([at, at + 1]);
  }
  return ranges;
}

function hunk(lines: readonly Line[], from: number, to: number): string[] {
  const count = (some: readonly Line[], not: '-' | '+') => some.filter(({ sign }) => sign !== not).length;
  const [earlier, shown] = [lines.slice(0, from), lines.slice(from, to)];
  const side = (not: '-' | '+') => {
    const length = count(shown, not);
    return `${count(earlier, not) + (length === 0 ? 0 : 1)}${length === 1 ? '' : `,${length}`}`;
  };
  const text = shown.flatMap(one => `${one.sign}${one.text}`.split('\n'));
  return [`@@ -${side('+')} +${side('-')} @@`, ...text];
}
