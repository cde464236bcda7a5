import { messageOf } from '../errors.ts';
import { git } from '../git.ts';
import type { ReleaseRecord } from '../record/schema.ts';
import { openRecords } from '../records/index.ts';
import { readChange } from './change.ts';
import { type History, readHistory } from './history.ts';
import { type Score, scoreOf } from './score.ts';

/** What a release is assessed by. */
export interface Subject {
  readonly record: ReleaseRecord | undefined;
  /** As deployments have it. */
  readonly service: string;
  /** Where earlier deployments are recorded, as `records` of slipway.yml says it; undefined: nowhere. */
  readonly history: string | undefined;
  /** Number of hooks and Jobs that run before it. */
  readonly before: number;
  /** Where git's repository is, and relative folders begin. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export interface Assessment extends Score {
  /** The commits that were compared: `1a2b3c4d5e6f..0f1e2d3c4b5a`; undefined where none could be. */
  readonly compared: string | undefined;
  /** Why something is not known, in sentences. */
  readonly unknown: readonly string[];
}

const noHistory: History = { serving: undefined, failures: undefined, lastFailed: undefined };
const noChange = {
  lines: undefined,
  dependencies: undefined,
  migrations: undefined,
  configuration: undefined,
  toolchain: undefined,
};

/** Looks at what is known of a release and its service. What cannot be found out counts as unknown, and is said. */
export async function assess(subject: Subject): Promise<Assessment> {
  const unknown: string[] = [];
  const say = (why: string) => {
    unknown.push(why);
    return undefined;
  };
  const { record, service } = subject;
  const history = (await historyOf(subject, say)) ?? noHistory;
  if (history !== noHistory && history.serving === undefined)
    say(`the records have no deployment of ${service} that was healthy`);
  const change = (await changeOf(subject, history, say)) ?? noChange;
  const { serving: _, ...past } = history;
  const score = scoreOf({ ...change, before: subject.before, ...past });
  const [from, to] = [history.serving?.commit, record?.commit];
  const compared = change === noChange ? undefined : `${short(from!)}..${short(to!)}`;
  return { ...score, compared, unknown };
}

async function historyOf(
  { history, service, directory, signal }: Subject,
  say: (why: string) => undefined,
): Promise<History | undefined> {
  if (history === undefined) return say('no "history" says where earlier deployments are recorded');
  const opening = { place: 'input "history"', image: undefined, directory, env: process.env, signal };
  // what is wrong in the input itself fails the run; what is not there is only not known
  using records = await openRecords(history, opening);
  try {
    return readHistory(await records.entries({ limit: 200 }), service);
  } catch (error) {
    signal.throwIfAborted();
    return say(`${records.place} cannot be read: ${messageOf(error)}`);
  }
}

async function changeOf(
  { record, directory, signal }: Subject,
  { serving }: History,
  say: (why: string) => undefined,
): Promise<ReturnType<typeof readChange> | undefined> {
  if (record?.modified) return say('the release was built of files that are in no commit');
  if (record?.commit === undefined) return say('no record says which commit is released');
  if (serving === undefined) return undefined;
  if (serving.commit === undefined) return say(`the records do not say of which commit ${serving.version} is`);
  const range = [serving.commit, record.commit];
  if (!range.every(one => /^[0-9a-f]{40,64}$/.test(one))) return say('a commit of the records is none');
  try {
    const numstat = await git(directory, ['diff', '--numstat', '-z', '--no-renames', ...range], signal);
    const files = ['--', ':(glob)**/go.mod', ':(glob)**/go.sum'];
    const modules = await git(
      directory,
      ['diff', '--unified=0', '--no-color', '--no-ext-diff', ...range, ...files],
      signal,
    );
    return readChange(numstat, modules);
  } catch (error) {
    signal.throwIfAborted();
    return say(
      `git cannot compare ${short(serving.commit)} and ${short(record.commit)}; is the clone a shallow one (fetch-depth: 0 makes it whole)? ${messageOf(error).split('\n')[0]}`,
    );
  }
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
