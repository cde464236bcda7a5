import { table } from '../../core/summary.ts';
import type { Finding, Seen } from './check.ts';
import type { Report } from './doctor.ts';
import { checks, type Described } from './registry.ts';

/** A check with all that was seen of it. */
interface Line {
  readonly check: Described;
  readonly state: Seen['state'];
  /** Those that are not passed. */
  readonly open: readonly Finding[];
  readonly required: boolean;
}

/** Checks that apply, in the registry’s order; one is as good as its worst place. */
function linesOf({ findings, required }: Report): Line[] {
  return checks.flatMap(check => {
    const own = findings.filter(one => one.check === check.id && one.family === check.family);
    if (own.length === 0) return [];
    const worst = (['fail', 'unknown', 'pass'] as const).find(state => own.some(one => one.state === state))!;
    return [
      { check, state: worst, open: own.filter(one => one.state !== 'pass'), required: required.includes(check.id) },
    ];
  });
}

const marks = { pass: '✓', fail: '✗', unknown: '?' } as const;

/** What several checks could not look at for one reason, such as a host that is not reached. */
interface Hidden {
  readonly where: string;
  readonly seen: string;
  readonly lines: readonly Line[];
}

/** Checks that only such a reason keeps from an answer are told together, once for each reason; the others one by one. */
function apart(lines: readonly Line[]): { single: Line[]; hidden: Hidden[] } {
  const reasonOf = ({ state, open }: Line) =>
    state === 'unknown' && open.length === 1 ? `${open[0]!.where}: ${open[0]!.seen}` : undefined;
  const groups = Map.groupBy(lines, reasonOf);
  const isShared = (line: Line) => reasonOf(line) !== undefined && groups.get(reasonOf(line))!.length > 1;
  return {
    single: lines.filter(line => !isShared(line)),
    hidden: [...groups.values()]
      .filter(([first]) => isShared(first!))
      .map(group => ({ where: group[0]!.open[0]!.where, seen: group[0]!.open[0]!.seen, lines: group })),
  };
}

const namesOf = (lines: readonly Line[], mark = '') =>
  lines.map(({ check, required }) => `${mark}${check.id}${mark}${required ? ' (required)' : ''}`).join(', ');

/** For a terminal: what passes in one line, the rest with where, why and what to do. */
export function textOf(report: Report): string[] {
  const lines = linesOf(report);
  const { single, hidden } = apart(lines.filter(({ state }) => state !== 'pass'));
  return [
    ...single.flatMap(({ check, state, open: places, required }) => [
      `${marks[state]} ${check.id} (${required ? 'required' : check.level}): ${state === 'fail' ? `not met: ${check.title}` : `unknown whether: ${check.title}`}`,
      ...places.map(({ where, seen }) => `    ${where}: ${seen}`),
      ...(state === 'fail' ? [`    why: ${check.reason}`, `    fix: ${check.fix}`] : []),
    ]),
    ...hidden.flatMap(({ where, seen, lines: own }) => [
      `${marks.unknown} ${where}: ${seen}`,
      `    unknown therefore: ${namesOf(own)}`,
    ]),
    counted(lines),
  ];
}

function counted(lines: readonly Line[]): string {
  const count = (state: Seen['state']) => lines.filter(one => one.state === state).length;
  const passed = lines.filter(one => one.state === 'pass').map(({ check }) => check.id);
  const apart = checks.length - lines.length;
  return `${count('fail')} not met, ${count('unknown')} unknown, ${count('pass')} met${passed.length === 0 ? '' : ` (${passed.join(', ')})`}${apart === 0 ? '' : `; ${apart} do not apply here`}`;
}

/** For the job summary: what is open; what passes is folded. */
export function summaryOf(report: Report): string {
  const lines = linesOf(report);
  const { single, hidden } = apart(lines.filter(({ state }) => state !== 'pass'));
  const rows = single.map(({ check, state, open, required }) => [
    `${marks[state]}${required ? ' required' : ''}`,
    `\`${check.id}\``,
    check.title,
    open.map(({ where, seen }) => `${where}: ${seen}`).join('\n'),
    check.fix,
  ]);
  for (const { where, seen, lines: own } of hidden)
    rows.push([marks.unknown, namesOf(own, '`'), 'Nothing could be looked at.', `${where}: ${seen}`, '']);
  const open = rows.length === 0 ? [] : [table(['', 'Check', 'What it means', 'What was seen', 'What to do'], rows)];
  return ['### Doctor', ...open, counted(lines)].join('\n\n');
}

/** What `--json` shows: every finding, with its check. */
export function documentOf({ findings, required }: Report) {
  return findings.map(finding => {
    const { title, reason, fix, level } = checks.find(
      ({ id, family }) => id === finding.check && family === finding.family,
    )!;
    return { ...finding, level, required: required.includes(finding.check), title, reason, fix };
  });
}
