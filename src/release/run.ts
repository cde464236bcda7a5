import { join, resolve } from 'node:path';
import { getState, saveState } from '@actions/core';
import type { Context, Parts } from '../core/action.ts';
import type { ActionName } from '../core/action-names.ts';
import { readConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import { writeAtomic } from '../core/files.ts';
import { log } from '../core/log.ts';
import { loadRecords, outputFolder } from '../core/record/files.ts';
import { renderReport } from '../core/report/html.ts';
import { verdictOf } from '../core/report/verdict.ts';
import { timeline } from '../core/summary.ts';
import { type Link, planChain } from './chain.ts';
import { checkLinks, type Schemas } from './check.ts';
import type { definition } from './inputs.ts';
import { type Ended, startAction } from './start.ts';

type Chain = Context<(typeof definition)['inputs']>;
type Done = Ended & { title: string };

const stateName = 'slipway-children';

/**
 * The root action: main and post step.
 *
 * @param dist the folder that holds `NAME/index.js`, the bundle of each action
 */
export function chain(dist: string, schemas: Schemas): Parts<(typeof definition)['inputs']> {
  return { run: context => run(context, dist, schemas), post: signal => post(signal, dist) };
}

/** The whole chain from slipway.yml: each link in a process of its own, the record handed from one to the next. */
async function run(context: Chain, dist: string, schemas: Schemas): Promise<void> {
  const file = await readConfigFile(resolve(context.directory, context.inputs.config ?? 'slipway.yml'));
  const links = planChain(file);
  if (links.length === 0)
    throw new SlipwayError('CONFIG_EMPTY', `${file.file} asks for nothing`, {
      hint: 'Give it a section: build, image, deploy or verify.',
    });
  await checkLinks(links, schemas, process.env);

  const done: Done[] = [];
  let release = context.inputs.release.join('\n');
  for (const link of links) {
    if (context.signal.aborted) break;
    log.info(`── ${link.title}`);
    const ended = await startAction(link.action, {
      dist,
      inputs: linkInputs(link, release, context),
      env: process.env,
      signal: context.signal,
    });
    done.push({ ...ended, title: link.title });
    // After each link: a runner that kills the chain still runs the post steps of what was begun.
    saveState(stateName, JSON.stringify(done.map(({ name, state }) => ({ name, state }))));
    release = ended.outputs['release'] || release;
    if (ended.code !== 0) break;
  }
  await report(release, done, context);
  context.signal.throwIfAborted();

  const last = done.at(-1)!;
  if (last.code !== 0) {
    const left = links.slice(done.length).map(link => link.title);
    const unfinished = left.length === 0 ? '' : `; not begun: ${left.join(', ')}`;
    throw new SlipwayError('CHAIN_STOPPED', `the chain stopped at ${last.title}${unfinished}`, {
      hint: 'Its own error stands above in the log.',
    });
  }
}

function linkInputs(link: Link, release: string, context: Chain): Record<string, string> {
  const { version } = context.inputs;
  return {
    config: link.config,
    release,
    'working-directory': context.directory,
    summary: String(context.inputs.summary),
    ...(link.action === 'setup-go-cross' && version !== undefined ? { version } : {}),
  };
}

async function report(release: string, done: readonly Done[], context: Chain): Promise<void> {
  if (done.length === 0) return;
  const spans = done.map(({ title, started, ended, code }) => ({
    name: title,
    start: started,
    end: ended,
    failed: code !== 0,
  }));
  await context.summary(timeline('The chain', spans));
  const loaded = await loadRecords(release === '' ? [] : release.split('\n'), context.directory);
  if (loaded === undefined) return;
  const page = join(context.directory, outputFolder, 'report.html');
  await writeAtomic(page, renderReport([{ record: loaded.record, spans }]));
  context.output('release', loaded.file);
  context.output('verdict', verdictOf(loaded.record));
  context.output('report', page);
  log.info(`release record: ${loaded.file}\nreport: ${page}\nverdict: ${verdictOf(loaded.record)}`);
}

/** The post steps of the links, the last link's first, each with the state that its main step saved. */
async function post(signal: AbortSignal, dist: string): Promise<void> {
  const children = JSON.parse(getState(stateName) || '[]') as { name: ActionName; state: Record<string, string> }[];
  for (const { name, state } of children.reverse()) {
    signal.throwIfAborted();
    if (Object.keys(state).length > 0)
      await startAction(name, { dist, inputs: {}, env: process.env, signal, post: state });
  }
}
