import { glob, readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { sha256File } from '../core/files.ts';
import { lines, mapped, type Value } from '../core/values.ts';

/** A line of the input `files`. */
export interface FileRule {
  /** As written: a path or glob. */
  readonly source: string;
  /** Below the release's folder for files; ends with a slash when sources go into it under their own names. */
  readonly destination: string;
  /** Octal; undefined: 755 for those that their owner may execute, else 644. */
  readonly mode: string | undefined;
}

/** A file that a release brings along. */
export interface ExtraFile {
  /** Below the release's folder for files, with `/`. */
  readonly path: string;
  /** Octal, three digits. */
  readonly mode: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Absolute, on this machine. */
  readonly source: string;
}

/** `SRC:DEST[:MODE]`, one a line. */
export const fileRules: Value<FileRule[]> = mapped(
  lines,
  'SRC:DEST[:MODE], one a line, DEST relative',
  items => items.map(readRule),
  'SRC:DEST[:MODE] lines',
);

function readRule(line: string): FileRule {
  const [, source, destination, mode] = /^((?:[A-Za-z]:)?[^:]+):([^:/\\][^:]*)(?::0?([0-7]{3}))?$/.exec(line) ?? [];
  if (source === undefined || destination === undefined)
    throw new SlipwayError('FILES_INVALID', `${JSON.stringify(line)} is not SRC:DEST[:MODE] with a relative DEST`);
  checkPath(destination.replace(/\/$/, ''));
  return { source, destination, mode };
}

/** What the agent takes: no way out of the folder, and nothing that the lines of its listing could not hold. */
function checkPath(path: string): void {
  const bad = path.split('/').some(part => part === '' || part === '.' || part === '..' || part !== part.trim());
  if (bad || path.includes('\\') || /\p{Cc}/u.test(path) || path.length > 1000)
    throw new SlipwayError('FILES_INVALID', `${JSON.stringify(path)} is no path for a file of a release`);
}

/** The files of the rules, sorted by path. A folder stands for all that is in it; links are followed within `directory`. */
export async function collectFiles(
  rules: readonly FileRule[],
  directory: string,
  signal: AbortSignal,
): Promise<ExtraFile[]> {
  const found = new Map<string, ExtraFile>();
  for (const rule of rules) {
    for (const { path, source } of await pairsOf(rule, directory)) {
      signal.throwIfAborted();
      const above = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
      if (above.some(one => found.has(one)) || [...found.keys()].some(one => one.startsWith(`${path}/`)))
        throw refuse('FILES_CONFLICT', `two sources are for ${path}`, 'Give each its own DEST.');
      const { mode, size } = await stat(source);
      found.set(path, {
        path,
        mode: rule.mode ?? (mode & 0o100 ? '755' : '644'),
        sha256: await sha256File(source, signal),
        size,
        source,
      });
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Each file that a rule names, and where it goes. */
async function pairsOf(rule: FileRule, directory: string): Promise<{ path: string; source: string }[]> {
  const exact = resolve(directory, rule.source);
  const isThere = await stat(exact).catch(() => undefined);
  const isGlob = isThere === undefined && /[*?[{]/.test(rule.source);
  const sources = isThere ? [exact] : isGlob ? await Array.fromAsync(glob(rule.source, { cwd: directory })) : [];
  if (sources.length === 0)
    throw refuse('FILES_MISSING', `nothing fits "${rule.source}" in ${directory}`, 'Make the files in a step before.');
  const all = [];
  for (const source of sources.map(one => resolve(directory, one)).sort()) {
    const into = isGlob || (rule.destination.endsWith('/') && !isThere?.isDirectory());
    const to = into ? posix.join(rule.destination, basename(source)) : rule.destination.replace(/\/$/, '');
    // of an absolute SRC what lies below it, else what lies in the working directory
    const top = await realpath(isAbsolute(rule.source) ? source : directory);
    all.push(...(await walk(source, to, top)));
  }
  return all;
}

async function walk(source: string, path: string, top: string): Promise<{ path: string; source: string }[]> {
  checkPath(path); // also an end for links that go round in a circle
  const real = await realpath(source).catch(() => source);
  const way = relative(top, real);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw refuse('FILES_ESCAPE', `${source} leads out of ${top}`, 'Copy what it stands for.');
  const info = await stat(source).catch(() => undefined);
  if (info?.isDirectory()) {
    const names = (await readdir(source)).sort();
    const below = await Promise.all(names.map(name => walk(join(source, name), posix.join(path, name), top)));
    return below.flat();
  }
  if (!info?.isFile())
    throw refuse(
      'FILES_SPECIAL',
      `${source} is neither a file nor a folder`,
      'Leave it out: sockets, pipes and devices cannot be sent.',
    );
  return [{ path, source }];
}

function refuse(code: string, message: string, hint: string): SlipwayError {
  return new SlipwayError(code, `input "files": ${message}`, { hint: `Nothing was changed. ${hint}` });
}
