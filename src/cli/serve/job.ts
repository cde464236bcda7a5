import * as v from 'valibot';

/** How a push stands; all but the first two are ends. */
export const states = [
  'waiting',
  'running',
  'released',
  'rolled-back',
  'inconclusive',
  'failed',
  'superseded',
  'refused',
] as const;

/** A push that was accepted, as its file in the queue has it. */
export const Job = v.object({
  schema: v.literal('slipway.push/v1'),
  /** Ours; begins with the time, so that names sort as pushes came. */
  id: v.pipe(v.string(), v.regex(/^[0-9TZ]+-[0-9a-f]+$/)),
  forge: v.string(),
  /** The forge's own id of it. */
  delivery: v.string(),
  /** sha256 of the body: the same again is a replay, whatever its delivery is called. */
  digest: v.string(),
  /** Empty of a tag. */
  branch: v.string(),
  tag: v.optional(v.string()),
  commit: v.pipe(v.string(), v.regex(/^[0-9a-f]{40,64}$/)),
  /** ISO 8601, UTC; also the next two. */
  received: v.string(),
  begun: v.optional(v.string()),
  ended: v.optional(v.string()),
  state: v.picklist(states),
  /** The release, while it runs. */
  process: v.optional(v.object({ pid: v.number(), born: v.string() })),
  /** What the release ended with. */
  code: v.optional(v.number()),
  why: v.optional(v.string()),
});

export type Job = v.InferOutput<typeof Job>;

export const hasEnded = ({ state }: Job): boolean => state !== 'waiting' && state !== 'running';

/** The release of a branch, or of tags, that was begun last, however it ended; what only waited was none. */
export function lastBegun(jobs: readonly Job[], branch: string, but?: Job): Job | undefined {
  return jobs
    .filter(job => job.branch === branch && job.begun !== undefined && job.id !== but?.id)
    .filter(({ state }) => state !== 'superseded' && state !== 'refused')
    .sort((a, b) => (a.begun! < b.begun! ? 1 : -1))[0];
}

/** What is released next: the newest push of the branch that has waited longest. */
export function nextOf(jobs: readonly Job[]): Job | undefined {
  const waiting = jobs.filter(({ state }) => state === 'waiting').sort((a, b) => (a.id < b.id ? -1 : 1));
  return waiting.findLast(({ branch }) => branch === waiting[0]!.branch);
}
