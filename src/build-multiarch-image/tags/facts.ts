import * as v from 'valibot';
import { readIfThere } from '../../core/files.ts';

/** What tag rules are filled in with. */
export interface TagFacts {
  /** Of the release record; undefined where it is no version that somebody gave (Go's pseudo-version). */
  readonly version: string | undefined;
  /** Full git sha, or empty. */
  readonly sha: string;
  /** `refs/heads/main`, `refs/tags/v1.2.3`, `refs/pull/7/merge`, or empty. */
  readonly ref: string;
  /** Name of the event, or empty. */
  readonly event: string;
  readonly defaultBranch: string | undefined;
  /** Branch that a pull request goes to, or that a tag was pushed from. */
  readonly baseRef: string;
  /** Length of a short sha. */
  readonly shortSha: number;
  readonly now: Date;
  readonly commitDate: Date;
}

const Payload = v.object({
  number: v.optional(v.number()),
  base_ref: v.nullish(v.string()),
  repository: v.optional(v.object({ default_branch: v.optional(v.string()) })),
  pull_request: v.optional(
    v.object({
      base: v.optional(v.object({ ref: v.optional(v.string()) })),
      head: v.optional(v.object({ sha: v.optional(v.string()) })),
    }),
  ),
});

/** The event's payload, where a workflow runs; what cannot be read is as if it were not there. */
export async function payloadOf(env: NodeJS.ProcessEnv): Promise<unknown> {
  const path = env['GITHUB_EVENT_PATH'];
  const text = path ? await readIfThere(path) : undefined;
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
}

export interface Commit {
  readonly version: string;
  readonly commit?: string | undefined;
  /** ISO 8601. */
  readonly commitTime?: string | undefined;
}

/**
 * The facts of this run, with the settings that docker/metadata-action takes from the environment:
 * DOCKER_METADATA_PR_HEAD_SHA, DOCKER_METADATA_SHORT_SHA_LENGTH.
 */
export function factsOf(release: Commit | undefined, env: NodeJS.ProcessEnv, payload: unknown, now: Date): TagFacts {
  const read = v.safeParse(Payload, payload);
  const event = read.success ? read.output : {};
  const name = env['GITHUB_EVENT_NAME'] ?? '';
  const ref = name === 'pull_request_target' ? `refs/pull/${event.number}/merge` : (env['GITHUB_REF'] ?? '');
  const head = name.startsWith('pull_request') && /^true$/i.test(env['DOCKER_METADATA_PR_HEAD_SHA'] ?? '');
  const sha = (head ? event.pull_request?.head?.sha : undefined) ?? release?.commit ?? env['GITHUB_SHA'] ?? '';
  const length = Number(env['DOCKER_METADATA_SHORT_SHA_LENGTH'] || 7);
  const base = ref.startsWith('refs/pull/') ? event.pull_request?.base?.ref : undefined;
  const from = ref.startsWith('refs/tags/') ? event.base_ref?.replace(/^refs\/heads\//, '') : undefined;
  return {
    version: release === undefined || isPseudo(release.version) ? undefined : release.version,
    sha,
    ref,
    event: name,
    defaultBranch: event.repository?.default_branch,
    baseRef: base ?? from ?? '',
    shortSha: Number.isInteger(length) && length > 0 ? length : 7,
    now,
    commitDate: release?.commitTime === undefined ? now : new Date(release.commitTime),
  };
}

/** https://go.dev/ref/mod#pseudo-versions, and a tree with changes: nobody calls a release by that name. */
const isPseudo = (version: string) => /\d{14}-[0-9a-f]{12}/.test(version) || version.endsWith('+dirty');
