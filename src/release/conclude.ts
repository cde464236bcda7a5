import { log } from '../core/log.ts';
import type { LoadedRecord } from '../core/record/files.ts';
import { previousRelease } from '../core/record/previous.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { verdictOf } from '../core/report/verdict.ts';
import { keepDeed, worst } from './keep.ts';
import type { Done } from './links.ts';
import { judges, type Mode } from './modes.ts';
import type { Plan } from './prepare.ts';
import { servedRecord } from './served.ts';
import type { Surroundings } from './surroundings.ts';
import { summaryOf, writeReport } from './tell.ts';

/** How the chain ended. */
export interface Result {
  readonly done: readonly Done[];
  /** Titles of the links that were not begun. */
  readonly left: readonly string[];
  readonly record?: LoadedRecord;
  /** Path of the release record. */
  readonly release?: string;
  readonly version?: string;
  /** Of the image. */
  readonly digest?: string;
  /** `REPOSITORY@DIGEST`. */
  readonly image?: string;
  /** Of the deployments of this run, that of the worst. */
  readonly state?: string;
  readonly verdict?: string;
  /** Path of the HTML report. */
  readonly report?: string;
  /** Whether anything was changed in a place. */
  readonly changed: boolean;
  /** What kept the GitHub release from being published. */
  readonly unpublished?: unknown;
}

/** Says how the links ended: in the records, the report, the summary, the log. */
export async function conclude(
  plan: Plan,
  { done }: { readonly done: readonly Done[] },
  loaded: LoadedRecord | undefined,
  around: Surroundings,
): Promise<Result> {
  const { request, file, links, read, records, started } = plan;
  const left = links.slice(done.length).map(({ title }) => title);
  const changed = done.some(({ outputs }) => outputs['changed'] === 'true');
  if (done.length > 0) await around.summary(await summaryOf(done, loaded));
  if (loaded === undefined) return { done, left, changed };
  const { record } = loaded;
  const served = await servedRecord(plan, record);
  const known = {
    done,
    left,
    changed,
    record: { ...loaded, record: served },
    release: loaded.file,
    version: served.version,
    ...imageOf(served),
  };
  if (done.length === 0) return known;
  if (records !== undefined) await keepDeed(records, { request, file, record: served, started, env: around.env });
  const before = await previousOf(read, record, request.directory);
  const report = await writeReport(known.record, done, request.directory, before);
  const verdict = (request.mode === 'audit' ? auditOf(done) : undefined) ?? verdictOf(record);
  const state = stateOf(request.mode, done);
  const said = judges(request.mode) ? `\nverdict: ${verdict}` : '';
  log.info(`release record: ${loaded.file}\nreport: ${report}${said}`);
  return {
    ...known,
    ...(state === undefined ? {} : { state }),
    verdict,
    report,
  };
}

/** That of the worst deployment; what was only planned is in no state yet. */
function stateOf(mode: Mode, done: readonly Done[]): string | undefined {
  const states = done.flatMap(({ outputs }) => outputs['state'] ?? []) as ReturnType<typeof worst>[];
  if (states.length === 0) return undefined;
  return mode === 'plan' && done.every(({ code }) => code === 0) ? 'planned' : worst(states.map(state => ({ state })));
}

/** An audit leaves the record as it is: what it found is what it says itself. */
function auditOf(done: readonly Done[]): string | undefined {
  return done.at(-1)?.outputs['verdict'];
}

/** What the build was told to compare sizes with. */
async function previousOf(
  read: Plan['read'],
  { version }: ReleaseRecord,
  directory: string,
): Promise<ReleaseRecord | undefined> {
  const given = read.map(({ inputs }) => inputs['previous-release']).find(path => path !== undefined);
  // one that cannot be read has stopped the build
  const before = await previousRelease(given as string | undefined, directory).catch(() => undefined);
  return before?.version === version ? undefined : before;
}

/** The first image of a release; hosts need none. */
function imageOf({ images: [image] }: ReleaseRecord): Pick<Result, 'digest' | 'image'> {
  return image === undefined ? {} : { digest: image.digest, image: `${image.repositories[0]}@${image.digest}` };
}
