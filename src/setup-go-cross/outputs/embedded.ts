import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { sha256File } from '../../core/files.ts';
import { git } from '../../core/git.ts';
import { formatTarget } from '../../core/target.ts';
import { explainGo } from '../build/explain-go.ts';
import type { Build } from '../build/plan.ts';
import type { Go } from '../environment.ts';
import { runGo } from '../go-command.ts';
import { embedsNothing } from './embeds-nothing.ts';
import { portable } from './redact.ts';

/** A file that `//go:embed` took into a program. */
export interface Embedded {
  /** Relative to the repository, else to the working directory. */
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  /** It is not in git: the commit does not say what it holds. */
  readonly ignored?: true;
}

const Listed = v.object({
  ImportPath: v.string(),
  Dir: v.optional(v.string(), ''),
  Module: v.optional(
    v.object({
      Main: v.optional(v.boolean(), false),
      Replace: v.optional(v.object({ Version: v.optional(v.string(), '') })),
    }),
  ),
  EmbedFiles: v.optional(v.array(v.string()), []),
  IgnoredGoFiles: v.optional(v.array(v.string()), []),
  Deps: v.optional(v.array(v.string()), []),
});
type Listed = v.InferOutput<typeof Listed>;

/**
 * The files that the own packages (of the main modules, and of modules replaced by a folder) embed, a program each; those
 * of dependencies are covered by go.sum. Asked of the go command for the first target, and again for the others only
 * where some file is meant for certain targets.
 */
export async function findEmbedded(
  builds: readonly Build[],
  go: Go,
  directory: string,
  signal: AbortSignal,
): Promise<Map<Build, Embedded[]>> {
  if (await embedsNothing(go.settings)) return new Map(builds.map(build => [build, []]));
  const groups = [...Map.groupBy(builds, ({ target }) => formatTarget(target)).values()];
  const first = await listOwn(groups[0]!, go, directory, signal);
  const differs = first.some(one => isOwn(one) && one.IgnoredGoFiles.length > 0);
  const found = new Map<Build, string[]>();
  for (const [index, group] of groups.entries()) {
    const listed = index === 0 || !differs ? first : await listOwn(group, go, directory, signal);
    for (const build of group) found.set(build, filesOf(listed, build.package.path));
  }
  const described = await describeFiles([...new Set([...found.values()].flat())], directory, signal);
  return new Map([...found].map(([build, files]) => [build, files.map(file => described.get(file)!)]));
}

async function listOwn(group: readonly Build[], go: Go, directory: string, signal: AbortSignal): Promise<Listed[]> {
  const { flags, env } = group[0]!;
  const fields = '-json=ImportPath,Dir,Module,EmbedFiles,IgnoredGoFiles,Deps';
  const tags = flags.filter(flag => flag.startsWith('-tags='));
  const { stdout } = await runGo(go, ['list', '-deps', fields, ...tags, ...group.map(one => one.package.path)], {
    cwd: directory,
    env: { ...go.env, ...env },
    timeout: 10 * 60_000,
    signal,
  }).catch(error => {
    throw explainGo(error, 'listing the embedded files', go, directory);
  });
  // One object after the other, not a list.
  const objects = stdout.split(/^(?=\{)/m).filter(text => text.trim() !== '');
  const mains = new Set(group.map(one => one.package.path));
  return objects.map(text => v.parse(Listed, JSON.parse(text))).filter(one => isOwn(one) || mains.has(one.ImportPath));
}

/** In the main module, one of the workspace, or a folder that replaces a module. */
const isOwn = ({ Module }: Listed) => Module !== undefined && (Module.Main || Module.Replace?.Version === '');

function filesOf(listed: readonly Listed[], main: string): string[] {
  const needed = new Set([main, ...(listed.find(one => one.ImportPath === main)?.Deps ?? [])]);
  return listed
    .filter(one => isOwn(one) && needed.has(one.ImportPath))
    .flatMap(({ Dir, EmbedFiles }) => EmbedFiles.map(file => join(Dir, file)))
    .sort();
}

async function describeFiles(files: readonly string[], directory: string, signal: AbortSignal) {
  if (files.length === 0) return new Map<string, Embedded>();
  const { root, tracked } = await trackedFiles(directory, files, signal);
  const entries = files.map(async (file): Promise<[string, Embedded]> => {
    const path = portable(root, await realpath(file));
    const sha256 = await sha256File(file, signal);
    return [file, { path, sha256, ...(tracked === undefined || tracked.has(path) ? {} : { ignored: true }) }];
  });
  return new Map(await Promise.all(entries));
}

/** What git knows below the files' folders, relative to its root; `tracked` is undefined where there is no repository. */
async function trackedFiles(directory: string, files: readonly string[], signal: AbortSignal) {
  try {
    const root = (await git(directory, ['rev-parse', '--show-toplevel'], signal)).trim();
    const real = await Promise.all(files.map(file => realpath(dirname(file))));
    const inside = [...new Set(real)].filter(folder => !portable(root, folder).startsWith('../'));
    const folders = inside.length > 200 ? [root] : inside; // an argument vector has its limit
    if (folders.length === 0) return { root, tracked: new Set<string>() };
    const list = ['--literal-pathspecs', 'ls-files', '-z', '--full-name', '--recurse-submodules', '--', ...folders];
    return { root, tracked: new Set((await git(directory, list, signal)).split('\0')) };
  } catch (error) {
    if (!(error instanceof SlipwayError) || !['PROGRAM_MISSING', 'PROCESS_FAILED'].includes(error.code)) throw error;
    return { root: await realpath(directory), tracked: undefined };
  }
}
