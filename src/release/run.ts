import { getState, saveState } from '@actions/core';
import type { Context, Parts } from '../core/action.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { Schemas } from './check.ts';
import { doctor, unmet } from './doctor/doctor.ts';
import { summaryOf, textOf } from './doctor/render.ts';
import { refuseFork } from './github/fork.ts';
import type { definition } from './inputs.ts';
import { runObserve } from './observe/run.ts';
import { perform, type Result } from './perform.ts';
import { type Begun, postSteps } from './post.ts';
import type { Request } from './request.ts';
import type { Surroundings } from './surroundings.ts';

type Chain = Context<(typeof definition)['inputs']>;

const stateName = 'slipway-children';

/**
 * The root action: main and post step.
 *
 * @param dist the folder that holds `NAME/index.js`, the bundle of each action
 */
export function chain(dist: string, schemas: Schemas): Parts<(typeof definition)['inputs']> {
  return { run: context => run(context, dist, schemas), post: signal => post(signal, dist) };
}

async function run(
  { inputs, directory, signal, summary, output }: Chain,
  dist: string,
  schemas: Schemas,
): Promise<void> {
  const overrideFreeze = inputs['override-freeze'];
  const request = { ...inputs, overrideFreeze, config: inputs.config ?? 'slipway.yml', directory };
  if (inputs.mode === 'observe') return runObserve(request, summary, output);
  if (inputs.mode === 'doctor') return runDoctor(request, { dist, schemas, env: process.env, signal, summary });
  const result = await perform(request, {
    dist,
    schemas,
    env: process.env,
    signal,
    summary,
    // After each link: a runner that kills the chain still runs the post steps of what was begun.
    onDone: done => saveState(stateName, JSON.stringify(done.map(({ name, state }) => ({ name, state })))),
  });
  const { release, version, digest, image, state, verdict, report, changed } = result;
  const outputs = { release, version, digest, image, state, verdict, report, changed: String(changed) };
  for (const [name, value] of Object.entries(outputs)) if (value !== undefined) output(name, value);
  signal.throwIfAborted();
  refuseUnfinished(result);
}

/** @throws SlipwayError CHECKLIST_UNMET when the environment requires what is not met */
async function runDoctor(request: Request, around: Surroundings): Promise<void> {
  await refuseFork(around.env, request.mode);
  const report = await doctor(request, around);
  for (const line of textOf(report)) log.info(line);
  await around.summary(summaryOf(report));
  const open = [...new Set(unmet(report).map(({ check }) => check))];
  if (open.length === 0) return;
  throw new SlipwayError(
    'CHECKLIST_UNMET',
    `${request.environment ?? 'the policy'} requires what is not met: ${open.join(', ')}`,
    {
      hint: 'Nothing was changed. What was seen and what to do stands above in the log.',
    },
  );
}

/** @throws SlipwayError CHAIN_STOPPED when a link failed; what kept the GitHub release from being published */
export function refuseUnfinished({ done, left, unpublished }: Result): void {
  if (unpublished !== undefined) throw unpublished;
  const last = done.at(-1);
  if (last === undefined || last.code === 0) return;
  const unfinished = left.length === 0 ? '' : `; not begun: ${left.join(', ')}`;
  throw new SlipwayError('CHAIN_STOPPED', `the chain stopped at ${last.title}${unfinished}`, {
    hint: 'Its own error stands above in the log.',
  });
}

async function post(signal: AbortSignal, dist: string): Promise<void> {
  await postSteps(JSON.parse(getState(stateName) || '[]') as Begun[], { dist, env: process.env, signal });
}
