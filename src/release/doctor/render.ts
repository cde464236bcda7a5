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

/** For a terminal: what passes in one line, the rest with where, why and what to do. */
export function textOf(report: Report): string[] {
  const lines = linesOf(report);
  const open = lines.filter(({ state }) => state !== 'pass');
  return [
    ...open.flatMap(({ check, state, open: places, required }) => [
      `${marks[state]} ${check.id} (${required ? 'required' : check.level}): ${state === 'fail' ? `not met: ${check.title}` : `unknown whether: ${check.title}`}`,
      ...places.map(({ where, seen }) => `    ${where}: ${seen}`),
      ...(state === 'fail' ? [`    why: ${check.reason}`, `    fix: ${check.fix}`] : []),
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
  const rows = lines
    .filter(({ state }) => state !== 'pass')
    .map(({ check, state, open, required }) => [
      `${marks[state]}${required ? ' required' : ''}`,
      `\`${check.id}\``,
      check.title,
      open.map(({ where, seen }) => `${where}: ${seen}`).join('\n'),
      check.fix,
    ]);
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
