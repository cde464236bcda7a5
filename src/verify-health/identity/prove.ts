import { deadline, sleep } from '../../core/deadline.ts';
import { formatDuration } from '../../core/units.ts';
import type { Finding } from '../finding.ts';
import type { Look, Subject } from './subject.ts';

export interface ProveOptions {
  /** Milliseconds for everything. */
  readonly deadline: number;
  /** Milliseconds for which the same process must be seen; at least one second. */
  readonly hold: number;
  readonly signal: AbortSignal;
  readonly onLook?: (subject: Subject, look: Look) => void;
}

/** A unit that crashes and restarts is active between its crashes: one look proves nothing. */
const leastHold = 1000;
const [eager, steady] = [250, 1000];

/** Looks again and again until the same as-built process or pods were seen for the hold, or it is clear that they are not. */
export async function prove(subject: Subject, options: ProveOptions): Promise<Finding> {
  const [started, origin, hold] = [Date.now(), performance.now(), Math.max(leastHold, options.hold)];
  using limited = deadline(options.deadline, `looking at ${subject.name}`, options.signal);
  let looks = 0;
  /** What was seen as built last, and how often it was something else than before. */
  let [good, replaced]: [string | undefined, number] = [undefined, 0];
  /** What the looks counted. */
  const restarts: number[] = [];
  let last: Look | undefined;
  let since = origin;
  const finding = (verdict: Finding['verdict'], detail: string, reason?: string): Finding => ({
    kind: subject.kind ?? 'identity',
    name: subject.name,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    detail,
    started,
    ended: Date.now(),
    attempts: looks,
    ...(last === undefined ? {} : { evidence: { expected: subject.expected, anchor: last.anchor, ...last.evidence } }),
  });
  for (;;) {
    let look: Look;
    try {
      look = await subject.look(limited);
    } catch (error) {
      if (!limited.aborted || options.signal.aborted) throw error;
      break;
    }
    const now = performance.now();
    looks++;
    options.onLook?.(subject, look);
    if (last === undefined || last.anchor !== look.anchor || last.state !== look.state) since = now;
    if (look.state === 'as-built') {
      if (good !== undefined && good !== look.anchor) replaced++;
      good = look.anchor;
    }
    if (look.restarts !== undefined) restarts.push(look.restarts);
    last = look;
    const held = now - since;
    if (look.state === 'as-built' && held >= hold) {
      return finding('passed', `${look.detail}; the same for ${formatDuration(held)}`);
    }
    // for a moment a process that systemd starts is still systemd's own: not to be read, and not the binary
    if (look.state !== 'as-built' && look.final && held >= leastHold)
      return finding(look.state === 'other' ? 'failed' : 'inconclusive', look.detail, look.reason);
    const left = options.deadline - (now - origin);
    if (left <= 0) break;
    const period = now - origin > 10_000 ? steady : eager;
    const missing = look.state === 'as-built' ? Math.max(20, hold - held) : period;
    await sleep(Math.min(left, period, missing), options.signal);
  }
  if (last === undefined) return finding('inconclusive', 'the deadline was there before the first look', 'no-samples');
  // Also where the last look came between two processes, and where no look met one.
  const times = Math.max(replaced, (restarts.at(-1) ?? 0) - (restarts[0] ?? 0));
  if (last.state !== 'other' && times > 0) {
    return finding('failed', `${last.detail}, but it was replaced or restarted ${times} times`, 'restarting');
  }
  if (last.state === 'as-built')
    return finding('inconclusive', `${last.detail}, but not for ${formatDuration(hold)} yet`, 'deadline');
  return finding(last.state === 'other' ? 'failed' : 'inconclusive', last.detail, last.reason);
}
