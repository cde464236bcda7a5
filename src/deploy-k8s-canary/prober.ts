import { createHash } from 'node:crypto';
import { sleep } from '../core/deadline.ts';
import type { Check, HttpCheck } from '../core/health/check.ts';
import { probe } from '../core/health/probe.ts';
import type { Cluster } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import type { Count } from '../core/statistics/index.ts';
import { askPod } from './ask-pod.ts';
import { askTrack } from './ask-track.ts';
import { trackHeader, tracks } from './routers/tracks.ts';

export type Side = 'canary' | 'baseline';
/** Whom is asked: beside fresh pods of the old release those that serve, too, which are not compared. */
type Asked = Side | 'serving';

/** What was seen since the look before. */
export interface Seen {
  readonly canary: Count;
  readonly baseline: Count;
  /** Of the old release and not compared, as there are fresh ones. */
  readonly serving: Count;
  /** Through the router, as users come. */
  readonly router: Count;
  /** Good answers through the router whose side could be told by their bodies. */
  readonly split: { readonly canary: number; readonly baseline: number };
  /** The last failures, each told once, newest last. */
  readonly failures: readonly string[];
}

export interface ProberOptions {
  readonly checks: readonly Check[];
  /** Port of the pods; undefined when pods cannot be asked directly. */
  readonly port: number | undefined;
  /** Requests a second to each side, and through the router. */
  readonly rate: number;
}

/** Milliseconds for one answer. */
export const attemptTimeout = 5000;
const maxInFlight = 64;
const burst = 10;
const maxBodies = 8;
/** Answers after which a rule that none of them came by is taken for one that the data plane does not follow. */
const unmarkedAtMost = 100;

/**
 * The action's own traffic. To each side it goes through the router, by a header, where the route has rules for it, and an answer
 * counts only when it says that it came by them; else to the pods through the API server's proxy, whose own answers are no
 * evidence of a pod. So it is known who answered, and no user is needed. Without the header it goes as a user's would.
 */
export class Prober {
  readonly #cluster: Cluster;
  readonly #options: ProberOptions;
  #pods: Record<Asked, readonly string[]> = { canary: [], baseline: [], serving: [] };
  readonly #bodies = new Map<string, Record<Side, Set<string>>>();
  #routed = false;
  #counted: ReadonlySet<string> = new Set();
  #now = emptySeen();
  #inFlight = 0;
  #tracked: boolean | undefined;
  readonly #answers = { marked: 0, unmarked: 0 };
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;
  #abort = new AbortController();

  constructor(cluster: Cluster, options: ProberOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Whom to ask from now on, and whose answers count; pods by name. */
  aim(pods: Record<Asked, readonly string[]>, router: boolean, counted: ReadonlySet<string>): void {
    this.#pods = pods;
    this.#routed = router;
    this.#counted = counted;
  }

  /** Whether each side is asked through the router, by a header; undefined before it is known. */
  get tracked(): boolean | undefined {
    return this.#tracked;
  }

  track(possible: boolean): void {
    this.#tracked = possible;
  }

  start(): void {
    this.#abort = new AbortController();
    const { rate } = this.#options;
    const began = performance.now();
    let fired = 0;
    // timers come late: what is due is counted from the begin, so that the rate is the one that was asked for
    this.#timer ??= setInterval(
      () => {
        const due = Math.floor(((performance.now() - began) * rate) / 1000);
        for (fired = Math.max(fired, due - burst); fired < due; fired++) this.#fire();
      },
      Math.max(5, 1000 / rate),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#abort.abort();
  }

  /** What was seen since the last call. */
  take(): Seen {
    const seen = this.#now;
    this.#now = emptySeen();
    return seen;
  }

  #fire(): void {
    const { checks, port } = this.#options;
    if (checks.length === 0 || this.#inFlight >= maxInFlight) return;
    const turn = this.#turn++;
    const check = checks[turn % checks.length]!;
    if (this.#routed) this.#track(this.#throughRouter(check));
    if (check.kind !== 'http') return;
    if (this.#tracked) this.#fireTracked(check);
    else if (port !== undefined) this.#firePods(check, port, turn);
  }

  #firePods(check: HttpCheck, port: number, turn: number): void {
    for (const side of ['canary', 'baseline', 'serving'] as const) {
      const pods = this.#pods[side];
      const pod = pods[Math.floor(turn / this.#options.checks.length) % Math.max(1, pods.length)];
      if (pod !== undefined) this.#track(this.#ofPod(check, pod, port, side));
    }
  }

  #fireTracked(check: HttpCheck): void {
    for (const side of ['canary', 'baseline'] as const)
      if (this.#pods[side].length > 0) this.#track(this.#ofTrack(check, side));
  }

  #track(attempt: Promise<void>): void {
    this.#inFlight++;
    void attempt.catch(() => undefined).finally(() => this.#inFlight--);
  }

  async #ofPod(check: HttpCheck, pod: string, port: number, side: Asked): Promise<void> {
    const signal = this.#abort.signal;
    const answer = await askPod(this.#cluster, check, pod, port, signal);
    if (signal.aborted || answer === undefined) return;
    // a pod that is not warm yet can be told by its body all the same: users reach it already
    if (answer.failure === undefined)
      this.#bodiesOf(check)[side === 'canary' ? side : 'baseline'].add(bodyKey(answer.body));
    if (side !== 'serving' && !this.#counted.has(pod)) return;
    this.#count(
      side,
      answer.failure && `${side === 'canary' ? 'new' : 'old'} pod ${pod}, ${check.name}: ${answer.failure}`,
    );
  }

  async #ofTrack(check: HttpCheck, side: Side): Promise<void> {
    const signal = this.#abort.signal;
    const warm = this.#pods[side].every(pod => this.#counted.has(pod));
    const { failure, body, marked } = await askTrack(check, tracks[side], signal);
    if (signal.aborted) return;
    if (marked !== undefined) this.#answers[marked ? 'marked' : 'unmarked']++;
    if (this.#answers.marked === 0 && this.#answers.unmarked === unmarkedAtMost) this.#notTracked(check);
    if (marked === false || this.#answers.marked === 0) return; // by whatever rule it came
    if (failure === undefined) this.#bodiesOf(check)[side].add(bodyKey(body));
    if (!warm) return;
    this.#count(
      side,
      failure && `${side === 'canary' ? 'new' : 'old'} release, through the route, ${check.name}: ${failure}`,
    );
  }

  #notTracked({ name }: HttpCheck): void {
    this.#tracked = false;
    log.warning(
      `No answer of ${name} came by the route's rules for the header ${trackHeader}: it goes another way, or its data plane does not follow them. Own requests go to the pods through the API server.`,
    );
  }

  async #throughRouter(check: Check): Promise<void> {
    const signal = this.#abort.signal;
    // a balancer that takes turns would give each side to always the same of two regular clients; an irregular one sees the true share
    await sleep((Math.random() * 2000) / this.#options.rate, signal);
    const seen = await probe(check, { timeout: attemptTimeout, signal });
    if (signal.aborted) return;
    this.#count('router', seen.ok ? undefined : `${check.name}: ${seen.detail}`);
    if (!seen.ok || seen.bodyHead === undefined) return;
    const side = sideOf(this.#bodiesOf(check), bodyKey(seen.bodyHead));
    if (side !== undefined) this.#now.split[side]++;
  }

  #count(what: Asked | 'router', failure: string | undefined): void {
    this.#now[what].requests++;
    if (failure === undefined) return;
    this.#now[what].errors++;
    if (!this.#now.failures.includes(failure)) this.#now.failures.push(failure);
    if (this.#now.failures.length > 5) this.#now.failures.shift();
  }

  #bodiesOf(check: Check): Record<Side, Set<string>> {
    const known = this.#bodies.get(check.name) ?? { canary: new Set<string>(), baseline: new Set<string>() };
    this.#bodies.set(check.name, known);
    return known;
  }
}

const emptySeen = () => ({
  canary: { requests: 0, errors: 0 },
  baseline: { requests: 0, errors: 0 },
  serving: { requests: 0, errors: 0 },
  router: { requests: 0, errors: 0 },
  split: { canary: 0, baseline: 0 },
  failures: [] as string[],
});

function bodyKey(body: string): string {
  return createHash('sha256').update(body.slice(0, 256)).digest('base64url');
}

/** Which side gives this body; undefined where one side’s are not known, bodies vary too much, or both give the same. */
function sideOf(bodies: Record<Side, Set<string>>, key: string): Side | undefined {
  const sizes = [bodies.canary.size, bodies.baseline.size];
  if (sizes.some(size => size === 0 || size > maxBodies)) return undefined;
  const [canary, baseline] = [bodies.canary.has(key), bodies.baseline.has(key)];
  return canary === baseline ? undefined : canary ? 'canary' : 'baseline';
}
