import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { invalid } from '../../core/config-document.ts';
import { type ConfigFile, readConfigFile } from '../../core/config-file.ts';
import { SlipwayError } from '../../core/errors.ts';
import { sha256 } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import { earlier } from '../../release/source.ts';
import type { Call } from '../call.ts';
import { environmentOf } from '../environment.ts';
import { exitCodes } from '../exit-codes.ts';
import { openKept } from '../kept.ts';
import { misuse } from '../options.ts';
import { startSlipway } from '../service/start-slipway.ts';
import { stateFolder, takeState } from '../service/state-folder.ts';
import { newestVerified } from './candidate.ts';
import {
  afterFailure,
  afterSuccess,
  isAhead,
  isWanted,
  type Memory,
  readMemory,
  wentBack,
  writeMemory,
} from './memory.ts';

/** Entries among which the newest verified version is looked for. */
const most = 100;

interface Plan {
  readonly environment: string;
  readonly from: string;
  /** sha256 of slipway.yml: when it is changed, what failed is tried again, and what is there is brought in line. */
  readonly config: string;
}

/** @throws SlipwayError CONFIG_INVALID where what nobody signed would be taken */
async function readPlan({ given, directory }: Call): Promise<Plan> {
  const environment = given.text('environment');
  if (environment === undefined) throw misuse('pull has no --environment', 'Name the one that this machine is.');
  const path = resolve(directory, given.text('config') ?? 'slipway.yml');
  const file = await readConfigFile(path, environment);
  const from = earlier({ environment, from: given.text('from') }, file);
  if (!file.require.includes('attestation-required')) throw unsigned(file, environment);
  return { environment, from, config: sha256(await readFile(path)) };
}

function unsigned(file: ConfigFile, environment: string) {
  return invalid(
    file.at(['environments', environment, 'require']),
    `pull deploys only what is signed: environments.${environment}.require needs attestation-required, and its deployments require-attestation`,
  );
}

/** Looks once, and deploys what it finds. @returns the exit code of the deployment, 0 where there is nothing to do */
export async function look(call: Call): Promise<number> {
  const { environment, from, config } = await readPlan(call);
  const state = stateFolder(call, 'pull');
  await using _ = await takeState(state);
  const remembered = await readMemory(state);
  using records = await openKept(call);
  const [newest] = await records.entries({ environment: from, limit: 1 });
  const place = `${from} in ${records.place}`;
  if (isAhead(newest?.at, Date.now())) throw ahead(place, newest!);
  if (wentBack(remembered, place, newest?.at)) throw older(remembered, newest?.at, state);
  const memory = newest === undefined ? remembered : { ...remembered, newest: { place, at: newest.at } };
  const seen = `${newest?.id ?? 'nothing'} ${config}`;
  if (memory.seen === seen) return exitCodes.done;
  const version = newestVerified(await records.entries({ environment: from, limit: most }));
  const what = `${version} ${config}`;
  if (version === undefined || !isWanted(memory, what)) {
    await writeMemory(state, { ...memory, seen });
    if (version === undefined) log.info(`nothing is verified in ${from} yet (${records.place})`);
    return exitCodes.done;
  }
  log.info(`${version} is verified in ${from}: it is deployed to ${environment}`);
  const code = await promote(version, { environment, from }, call, state);
  if (code !== exitCodes.done && call.signal.aborted) return code;
  await writeMemory(state, afterwards(memory, what, version, code));
  // whoever called us must not take it for a mistake of theirs, which nothing mends
  return code === exitCodes.refused ? exitCodes.failed : code;
}

function afterwards(memory: Memory, what: string, version: string, code: number): Memory {
  if (code === exitCodes.done) {
    log.info(`${version} is deployed and verified`);
    return afterSuccess(memory, what);
  }
  if (code === exitCodes.refused) {
    // a freeze window ends, a policy or a key is there again: what was not begun has not failed
    log.warning(`${version} was not begun (exit code ${code}): it is tried again`);
    return memory;
  }
  const after = afterFailure(memory, what, code === exitCodes.rolledBack);
  const next = isWanted(after, what) ? 'it is tried again' : 'it is not tried again; the next version is';
  log.warning(`${version} ended with exit code ${code}: ${next}`);
  return after;
}

function ahead(place: string, { id, at }: { id: string; at: string }): SlipwayError {
  return new SlipwayError(
    'RECORDS_AHEAD',
    `the newest entry of ${place}, ${id}, is of ${at}, and it is ${new Date().toISOString()} here`,
    {
      hint: 'Nothing was changed: until then it would hide every newer one. Set the clock of this machine, or that of the machine that recorded it, and take the entry out of the records.',
    },
  );
}

function older({ newest }: Memory, at: string | undefined, state: string): SlipwayError {
  return new SlipwayError(
    'RECORDS_OLDER',
    `the records of ${newest?.place} went back: ${at === undefined ? 'there is no entry' : `the newest entry is of ${at}`}, one of ${newest?.at} was seen before`,
    {
      hint: `Nothing was changed: an older copy calls verified what may be so no longer. Look whether a mirror lags behind or a backup was brought back; if it is meant, remove ${join(state, 'memory.json')}.`,
    },
  );
}

/** The same gate and rollback as `slipway promote`, because it is that. */
async function promote(
  version: string,
  { environment, from }: Omit<Plan, 'config'>,
  { given, directory, env, signal }: Call,
  state: string,
): Promise<number> {
  const records = given.text('records');
  const file = join(state, 'last.log');
  const code = await startSlipway(
    [
      ...['promote', '--yes', '--directory', directory, '--config', given.text('config') ?? 'slipway.yml'],
      ...['--from', from, '--environment', environment, '--version', version],
      ...(records === undefined ? [] : ['--records', records]),
    ],
    { env: environmentOf(env), signal, log: file },
  );
  log.info(`what was done is in ${file}`);
  return code;
}
