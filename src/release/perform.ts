import { resolve } from 'node:path';
import { type ConfigFile, readConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { type LoadedRecord, loadRecords } from '../core/record/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import type { Entry } from '../core/records/entry.ts';
import type { OpenRecords } from '../core/records/index.ts';
import { verdictOf } from '../core/report/verdict.ts';
import type { ReadLink } from './agree.ts';
import { type Link, planChain } from './chain.ts';
import { checkLinks, type Schemas } from './check.ts';
import type { Requirement } from './checklist.ts';
import { keepDeed, worst } from './keep.ts';
import { type Done, type Progress, runLinks } from './links.ts';
import { deploys, isStored } from './modes.ts';
import type { Request } from './request.ts';
import { refuseUnmet, requirementsOf } from './require.ts';
import { earlier, sourceOf } from './source.ts';
import { openStored } from './stored.ts';
import { summaryOf, writeReport } from './tell.ts';

/** What the chain is run with. */
export interface Surroundings {
  /** The folder that holds `NAME/index.js`, the bundle of each action. */
  readonly dist: string;
  readonly schemas: Schemas;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly summary: (markdown: string) => Promise<void>;
  /** Called after each link with all that have ended. */
  readonly onDone?: (done: readonly Done[]) => void;
  /** Gets what the actions print; without it they share our output. */
  readonly onOutput?: (chunk: string) => void;
}

/** How the chain ended. */
export interface Result {
  readonly done: readonly Done[];
  /** Titles of the links that were not begun. */
  readonly left: readonly string[];
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
}

/** Everything that was read before anything is done. */
interface Plan {
  readonly request: Request;
  readonly file: ConfigFile;
  readonly links: readonly Link[];
  readonly read: readonly ReadLink[];
  readonly requirements: readonly Requirement[];
  readonly records: OpenRecords | undefined;
  readonly started: Date;
}

/**
 * Carries out a request: reads the whole of slipway.yml, gets the release that it is about, runs the links, and writes
 * down what was done.
 *
 * @throws SlipwayError when nothing was begun; a link that fails is in the result
 */
export async function perform(request: Request, around: Surroundings): Promise<Result> {
  const plan = await read(request, around);
  using _ = plan.records;
  const source = isStored(request) ? await sourceOf(request, plan.file, plan.records) : undefined;
  const begun: Progress = { done: [], release: source?.file ?? request.release.join('\n') };
  const made = await runLinks(plan.links.filter(isMaker), begun, request, around);
  const record = await loadedFrom(made, request);
  if (!failed(made) && !around.signal.aborted) {
    if (record !== undefined && keeps(plan)) await plan.records?.put(record);
    await refuse(plan, record);
  }
  const ended = failed(made)
    ? made
    : await runLinks(
        plan.links.filter(link => !isMaker(link)),
        made,
        request,
        around,
      );
  return conclude(plan, ended, around);
}

async function read(request: Request, around: Surroundings): Promise<Plan> {
  const file = await readConfigFile(resolve(request.directory, request.config), request.environment);
  const links = planChain(file, { ...request, stored: isStored(request) });
  if (links.length === 0 && !onlyKeeps(request, file)) throw nothingToDo(request, file);
  const requirements = requirementsOf(file);
  if (request.mode === 'promote') earlier(request, file);
  const checked = await checkLinks(links, around.schemas, around.env, request.directory);
  const records = await openStored(request, file, around);
  return { request, file, links, read: checked, requirements, records, started: new Date() };
}

/** A release whose binaries come from other jobs, and that has no image: `build` only keeps it. */
const onlyKeeps = (request: Request, { records }: ConfigFile) =>
  request.mode === 'build' && isStored(request) && (request.records ?? records) !== undefined;

const keeps = ({ request, links }: Plan) =>
  request.mode === 'build' || (request.mode !== 'plan' && links.some(isMaker));

const isMaker = ({ action }: Link) => action === 'setup-go-cross' || action === 'build-multiarch-image';

const failed = ({ done }: Progress) => done.some(({ code }) => code !== 0);

async function loadedFrom({ release }: Progress, { directory }: Request): Promise<LoadedRecord | undefined> {
  return loadRecords(release === '' ? [] : release.split('\n'), directory);
}

/** What the environment requires is looked at before anything is put there. */
async function refuse(
  { request, file, read: links, requirements, records }: Plan,
  loaded?: LoadedRecord,
): Promise<void> {
  if (requirements.length === 0 || !deploys(request.mode, isStored(request))) return;
  if (loaded === undefined)
    throw new SlipwayError('RECORD_MISSING', `${file.environment} requires findings, and there is no release record`, {
      hint: 'Nothing was deployed. Let the section build make one, or give the input "release" its path.',
    });
  const { version } = loaded.record;
  const verdicts = (await records?.entries({ version })) ?? [];
  const verifiedIn = verdicts.filter(isVerified).map(({ environment }) => environment);
  refuseUnmet(file, { record: loaded.record, links, verifiedIn }, requirements);
}

const isVerified = (entry: Entry) => entry.kind === 'verdict' && entry.state === 'verified';

async function conclude(
  { request, file, links, records, started }: Plan,
  ended: Progress,
  around: Surroundings,
): Promise<Result> {
  const { done } = ended;
  const left = links.slice(done.length).map(({ title }) => title);
  const changed = done.some(({ outputs }) => outputs['changed'] === 'true');
  if (done.length > 0) await around.summary(summaryOf(done));
  const loaded = await loadedFrom(ended, request);
  if (loaded === undefined) return { done, left, changed };
  const { record } = loaded;
  const known = { done, left, changed, release: loaded.file, version: record.version, ...imageOf(record) };
  if (done.length === 0) return known;
  if (records !== undefined) await keepDeed(records, { request, file, record, started, env: around.env });
  const report = await writeReport(loaded, done, request.directory);
  const states = done.flatMap(({ outputs }) => outputs['state'] ?? []) as ReturnType<typeof worst>[];
  log.info(`release record: ${loaded.file}\nreport: ${report}\nverdict: ${verdictOf(record)}`);
  return {
    ...known,
    ...(states.length === 0 ? {} : { state: worst(states.map(state => ({ state }))) }),
    verdict: verdictOf(record),
    report,
  };
}

/** The first image of a release; hosts need none. */
function imageOf({ images: [image] }: ReleaseRecord): Pick<Result, 'digest' | 'image'> {
  return image === undefined ? {} : { digest: image.digest, image: `${image.repositories[0]}@${image.digest}` };
}

function nothingToDo({ mode, environment }: Request, { file, environments }: ConfigFile): SlipwayError {
  const elsewhere =
    environment === undefined && environments.length > 0 ? ` Or name an environment: ${environments.join(', ')}.` : '';
  return new SlipwayError(
    'CONFIG_EMPTY',
    `${file} asks for nothing${mode === 'release' ? '' : ` that ${mode} could do`}`,
    {
      hint: `Give it a section: build, image, deploy or verify.${elsewhere}`,
    },
  );
}
