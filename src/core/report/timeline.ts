import type { ReleaseRecord } from '../record/schema.ts';
import type { Span } from '../summary.ts';
import { formatDuration } from '../units.ts';
import { spansOf } from './evidence.ts';
import { escapeHtml, htmlTable } from './markup.ts';

/** What was done when: the chain as bars, and below each deployment its steps, to unfold. */
export function timeline(record: ReleaseRecord, chain: readonly Span[]): string {
  const whole = chain.length > 0 ? chain : deploymentSpans(record);
  const steps = record.deployments
    .map(one => ({ name: `${one.service} at ${one.place}`, spans: spansOf(one) }))
    .filter(({ spans }) => spans.length > 0);
  return [
    ...(whole.length === 0 ? [] : [bars(whole)]),
    ...steps.map(
      ({ name, spans }) => `<details><summary>Steps of ${escapeHtml(name)}</summary>${bars(spans)}</details>`,
    ),
  ].join('');
}

/** A record that was stored without the spans of its run still says when it was deployed where. */
function deploymentSpans({ deployments }: ReleaseRecord): Span[] {
  return deployments.flatMap(one =>
    one.ended === undefined
      ? []
      : [
          {
            name: `${one.service} at ${one.place}`,
            start: Date.parse(one.started),
            end: Date.parse(one.ended),
            failed: one.state === 'failed' || one.state === 'rolled-back',
          },
        ],
  );
}

function bars(spans: readonly Span[]): string {
  const zero = Math.min(...spans.map(({ start }) => start));
  const whole = Math.max(1, Math.max(...spans.map(({ end }) => end)) - zero);
  const share = (ms: number) => ((1000 * ms) / whole).toFixed(1);
  const rows = spans.map(({ name, start, end, failed }) => [
    `${escapeHtml(name)}${failed ? ' <span class="badge bad">failed</span>' : ''}`,
    `<span class="unseen">from ${formatDuration(start - zero)}</span><svg class="span${failed ? ' failed' : ''}" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect x="${share(start - zero)}" width="${Math.max(3, Number(share(end - start)))}" height="10"/></svg>`,
    formatDuration(end - start),
  ]);
  return htmlTable(['What', 'When', 'Took'], rows, 'timeline');
}
