import { join } from 'node:path';
import { log } from '../../core/log.ts';
import type { Expected } from '../build/check.ts';
import type { Built, Move } from '../build/execute.ts';
import type { Build } from '../build/plan.ts';
import { type Beside, provenanceFile } from '../build/record.ts';
import type { SetupGoCross } from '../run.ts';
import type { Ready } from '../set-up.ts';
import { archivePaths, type OutputSettings, sbomPath, writeJson, writeOutputs } from './documents.ts';
import type { Embedded } from './embedded.ts';
import { checkReproducible } from './reproduce.ts';
import { statementOn, untrackedOf } from './statement.ts';

/** What a build leaves behind besides its programs. */
export interface LeftBehind extends Beside {
  readonly moves: readonly Move[];
}

/** Nothing yet. */
export const nothingLeft: LeftBehind = { moves: [], evidence: () => ({}), archives: [], provenance: undefined };

interface Circumstances {
  readonly context: SetupGoCross;
  readonly ready: Ready;
  readonly expected: Expected;
  readonly settings: OutputSettings;
  readonly embedded: Promise<ReadonlyMap<Build, readonly Embedded[]>>;
}

/** Every path that will be written besides the programs: git must not take them for changes. */
export function pathsBeside(builds: readonly Build[], settings: OutputSettings): string[] {
  const sboms = settings.sbom ? builds.map(({ output }) => sbomPath(output)) : [];
  return [...sboms, ...archivePaths(builds, settings).map(({ path }) => path)];
}

/** Builds again where that was asked for, then SBOMs, archives and the statement, all under temporary names in `folder`. */
export async function leaveBehind(
  built: readonly Built[],
  folder: string,
  { context, ready, expected, settings, embedded: asking }: Circumstances,
): Promise<LeftBehind> {
  const { inputs, directory, signal } = context;
  const embedded = await asking;
  warnOfUntracked(embedded);
  const same =
    inputs.reproducible === 'check' ? await checkReproducible(built, ready.go, directory, expected, signal) : undefined;
  const { goroot, settings: env } = ready.go;
  const sources = { modules: env.GOMODCACHE, goroot, directory };
  const { moves, archives } = await writeOutputs(built, folder, settings, sources, signal);
  const provenance = inputs.provenance ? provenanceFile(directory, built) : undefined;
  if (provenance !== undefined) {
    const course = { built, archives, embedded, go: ready.go, toolchain: ready.toolchain, release: settings.release };
    moves.push(await writeJson(join(folder, 'provenance'), provenance, statementOn(course, context, process.env)));
  }
  const evidence = (one: Built) => {
    const files = embedded.get(one.build) ?? [];
    return {
      ...(same === undefined ? {} : { reproducible: same.has(one) }),
      ...(settings.sbom ? { sbom: sbomPath(one.build.output) } : {}),
      ...(files.length === 0 ? {} : { embedded: files.map(file => ({ ...file })) }),
    };
  };
  return { moves, evidence, archives, provenance };
}

function warnOfUntracked(embedded: ReadonlyMap<Build, readonly Embedded[]>): void {
  const names = untrackedOf(embedded).map(({ name }) => name);
  if (names.length === 0) return;
  const shown = names.slice(0, 10).join(', ') + (names.length > 10 ? ` and ${names.length - 10} more` : '');
  log.warning(`embedded, but not in git: ${shown}; the record has their sha256, the commit does not hold them`);
}
