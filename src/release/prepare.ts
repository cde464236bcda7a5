import { resolve } from 'node:path';
import { type ConfigFile, readConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import type { OpenRecords } from '../core/records/index.ts';
import type { ReadLink } from './agree.ts';
import { type Link, planChain } from './chain.ts';
import { checkLinks } from './check.ts';
import type { Requirement } from './checklist.ts';
import { windowsOf } from './freeze/freeze.ts';
import type { Window } from './freeze/window.ts';
import { deploys, isStored } from './modes.ts';
import { type Receiver, readReceivers, tells } from './notify/index.ts';
import { tightened } from './policy/at-least.ts';
import { noPolicy, type Policy, readPolicy } from './policy/policy.ts';
import type { Request } from './request.ts';
import { requirementsOf } from './require.ts';
import { earlier } from './source.ts';
import { openStored } from './stored.ts';
import type { Surroundings } from './surroundings.ts';

/** Everything that was read before anything is done. */
export interface Plan {
  readonly request: Request;
  readonly file: ConfigFile;
  readonly links: readonly Link[];
  readonly read: readonly ReadLink[];
  readonly requirements: readonly Requirement[];
  readonly records: OpenRecords | undefined;
  /** When nothing is deployed. */
  readonly windows: readonly Window[];
  readonly policy: Policy;
  /** Who is told how it ends. */
  readonly receivers: readonly Receiver[];
  readonly started: Date;
}

/** Reads the whole of slipway.yml: what is wrong with it is found before anything is begun. */
export async function prepare(request: Request, around: Surroundings): Promise<Plan> {
  const file = await readConfigFile(resolve(request.directory, request.config), request.environment);
  const planned = planChain(file, { ...request, stored: isStored(request) });
  if (planned.length === 0 && !onlyKeeps(request, file)) throw nothingToDo(request, file);
  // who only looks, or goes back, must not need what may not be reached today
  const asks = deploys(request.mode, isStored(request)) || request.mode === 'plan';
  const policy = asks ? await readPolicy(file, around.env, around.signal) : noPolicy;
  const requirements = [...requirementsOf(file), ...policy.requirements];
  const windows = [...windowsOf(file), ...policy.windows];
  if (request.mode === 'promote') earlier(request, file);
  const check = (some: readonly Link[]) => checkLinks(some, around.schemas, around.env, request.directory);
  const untightened = await check(planned);
  const links = tightened(planned, untightened, policy.atLeast, file);
  const checked = policy.atLeast.length === 0 ? untightened : await check(links);
  const receivers = tells(request.mode) ? await readReceivers(file, request.directory, around.env) : [];
  const records = await openStored(request, file, around);
  return {
    request,
    file,
    links,
    read: checked,
    requirements,
    records,
    windows,
    policy,
    receivers,
    started: new Date(),
  };
}

/** A release whose binaries come from other jobs, and that has no image: `build` only keeps it. */
const onlyKeeps = (request: Request, { records }: ConfigFile) =>
  request.mode === 'build' && isStored(request) && (request.records ?? records) !== undefined;

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
