import type { Phases } from '../core/health/index.ts';
import { codeBlock, table, timeline } from '../core/summary.ts';
import { formatDuration } from '../core/units.ts';
import { charts } from './charts.ts';
import type { Finding, Verdict } from './finding.ts';

const marks = { passed: '✅ passed', failed: '❌ failed', inconclusive: '⚠️ inconclusive' };
const titles = { verified: '✅ verified', failed: '❌ failed', inconclusive: '⚠️ inconclusive' };

/** The job summary: the verdict, a table of everything that was looked at, a timeline, and the failures in detail. Pure. */
export function summaryOf(findings: readonly Finding[], verdict: Verdict, release: string): string {
  const spans = findings
    .filter(one => one.kind !== 'record')
    .map(one => ({ name: one.name, start: one.started, end: one.ended, failed: one.verdict !== 'passed' }));
  return [
    `## verify-health: ${release} — ${titles[verdict.verdict]}`,
    `Identity: **${verdict.identity}**${verdict.reasons.length === 0 ? '' : ` · reasons: ${verdict.reasons.map(code => `\`${code}\``).join(', ')}`}`,
    table(['What', 'Attempts', 'First success', 'p50', 'p95', 'p99', 'Verdict', 'Reason'], findings.map(row)),
    ...(spans.length === 0 ? [] : [timeline('verify-health', spans)]),
    ...charts(findings),
    ...findings.filter(one => one.verdict !== 'passed').map(details),
  ].join('\n\n');
}

function row(finding: Finding): string[] {
  const { p50, p95, p99 } = finding.latency ?? {};
  const time = (ms: number | undefined) => (ms === undefined ? '' : formatDuration(ms));
  return [
    `${finding.kind}: ${htmlText(finding.name)}`,
    finding.attempts === undefined ? '' : String(finding.attempts),
    time(finding.firstSuccess),
    time(p50),
    time(p95),
    time(p99),
    finding.warned ? '⚠️ warned' : marks[finding.verdict],
    finding.reason === undefined ? htmlText(finding.detail) : `\`${finding.reason}\` ${htmlText(finding.detail)}`,
  ];
}

function details({ name, detail, failure, evidence, journal }: Finding): string {
  const lines = [
    `<details open><summary>${htmlText(name)}</summary>`,
    '',
    htmlText(detail),
    ...(failure === undefined ? [] : failureLines(failure).map(line => `- ${htmlText(line)}`)),
    ...(failure?.bodyHead ? ['', codeBlock(failure.bodyHead)] : []),
    ...(failure === undefined && evidence !== undefined
      ? ['', '```json', JSON.stringify(evidence, undefined, 2), '```']
      : []),
    ...(journal === undefined ? [] : ['', 'What it wrote last:', '', codeBlock(journal.join('\n'))]),
    '</details>',
  ];
  return lines.join('\n');
}

/** The failing attempt in lines: phases, addresses, redirects, certificate. */
export function failureLines(failure: NonNullable<Finding['failure']>): string[] {
  const tried = failure.addresses.map(
    one => `${one.address} (IPv${one.family})${one.error === undefined ? '' : ` ${one.error}`}`,
  );
  const shown = failure.certificate;
  return [
    `phases: ${phaseText(failure.phases, failure.phase) || 'none was reached'}`,
    ...(tried.length === 0 ? [] : [`addresses: ${tried.join(', ')}`]),
    ...(failure.redirects.length === 0 ? [] : [`redirected to: ${failure.redirects.join(' → ')}`]),
    ...(shown === undefined
      ? []
      : [`certificate: for ${shown.names.join(', ')}, until ${shown.validTo}, by ${shown.issuer}, ${shown.protocol}`]),
  ];
}

const phaseNames = { dns: 'DNS', connect: 'connect', tls: 'TLS', firstByte: 'first byte', body: 'body' } as const;

function phaseText(phases: Phases, open: keyof Phases | undefined): string {
  return (Object.keys(phaseNames) as (keyof Phases)[])
    .filter(name => phases[name] !== undefined)
    .map(name => `${phaseNames[name]} ${formatDuration(phases[name]!)}${open === name ? ' (not finished)' : ''}`)
    .join(', ');
}

function htmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
