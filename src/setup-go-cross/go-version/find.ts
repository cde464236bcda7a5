import { access } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';
import { parseGoLines, toolchainOf } from './go-mod.ts';
import { compareGo, parseGoVersion, tryParseGoVersion } from './go-version.ts';
import { choose, nameOf, parseWanted, type Wanted, withPolicy } from './wanted.ts';

export interface Request {
  /** The input `go-version`. */
  readonly version: string | undefined;
  /** The input `go-version-file`. */
  readonly file: string | undefined;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** The input `go-version-policy`. */
  readonly policy?: 'exact' | 'patch';
}

/** Finds out which Go is wanted: the input, else the file, else go.work or go.mod as the go command finds them, else `stable`. */
export async function findWanted({ version, file, directory, env, policy = 'exact' }: Request): Promise<Wanted> {
  const setting = env['GOTOOLCHAIN'] ?? '';
  if (version !== undefined && version !== '')
    return uncontradicted(withPolicy(parseWanted(version, 'input go-version'), policy), setting);
  if (file !== undefined && file !== '') return fromFile(resolve(directory, file), file, setting, policy);
  const found = await moduleFile(directory, env);
  if (found !== undefined) return fromFile(found, basename(found), setting, policy);
  return withUsersToolchain(undefined, `no go.mod in ${directory} or above it`, setting, policy);
}

/** With GOTOOLCHAIN=NAME the go command is NAME, whichever Go is installed: another go-version cannot be had. */
function uncontradicted(wanted: Wanted, setting: string): Wanted {
  const named = usersToolchain(setting);
  if (named === undefined || named.how !== '' || choose(wanted, [named.version]) !== undefined) return wanted;
  throw new SlipwayError(
    'GO_VERSION_CONTRADICTION',
    `${wanted.why} asks for Go ${nameOf(wanted)}, but GOTOOLCHAIN=${setting} makes every go command ${named.version}`,
    { hint: 'Unset GOTOOLCHAIN for this job, or leave go-version out.' },
  );
}

async function fromFile(path: string, shown: string, setting: string, policy: 'exact' | 'patch'): Promise<Wanted> {
  const text = await readIfThere(path);
  if (text === undefined) {
    throw new SlipwayError('GO_VERSION_FILE_MISSING', `the go-version-file ${path} does not exist`, {
      hint: 'Give the path of a go.mod, go.work, .go-version or .tool-versions, relative to working-directory.',
    });
  }
  const name = basename(path);
  if (!name.endsWith('.mod') && !name.endsWith('.work')) {
    const spec = name === '.tool-versions' ? toolVersionsLine(text, path) : firstLine(text);
    return uncontradicted(withPolicy(parseWanted(spec, shown), policy), setting);
  }
  const lines = parseGoLines(text);
  // GOTOOLCHAIN=local never switches: the toolchain line says nothing then.
  const asked = toolchainOf(setting === 'local' ? { ...lines, toolchain: undefined } : lines, path);
  const line = asked === undefined ? ' has no go line' : `:${lineNumber(text, asked)}`;
  return withUsersToolchain(asked, `${shown}${line}`, setting, policy);
}

/** Of the line that asks for this version, from 1: the `toolchain` line, or the `go` line. */
function lineNumber(text: string, version: string): number {
  const rows = text.split('\n').map(row => row.replace(/\/\/.*$/, ''));
  const names = (row: string) => row.split(/\s+/).some(word => word === `go${version}` || word === version);
  const exact = rows.findIndex(names);
  // `go 1.26` asks for 1.26.0.
  return (exact >= 0 ? exact : rows.findIndex(row => /^\s*(?:go\s+)?\d+\.\d+\s*$/.test(row))) + 1;
}

/** GOTOOLCHAIN as the user set it: NAME alone is used whatever the file says, NAME+auto only where it is newer. */
function withUsersToolchain(
  asked: string | undefined,
  why: string,
  setting: string,
  policy: 'exact' | 'patch',
): Wanted {
  const named = usersToolchain(setting);
  if (named !== undefined && (named.how === '' || asked === undefined || newer(named.version, asked)))
    return { kind: 'exact', version: named.version, why: `GOTOOLCHAIN=${setting}` };
  return asked === undefined ? { kind: 'stable', why } : withPolicy({ kind: 'exact', version: asked, why }, policy);
}

/** The Go that GOTOOLCHAIN names, and what follows it (`auto`, `path`); undefined for `local`, `auto` and the like. */
function usersToolchain(setting: string): { version: string; how: string } | undefined {
  const [name = '', how = ''] = setting.split('+');
  return name.startsWith('go') && tryParseGoVersion(name) !== undefined
    ? { version: name.slice('go'.length), how }
    : undefined;
}

/** The line of asdf and mise: `golang 1.26.8`, or `go 1.26.8`; of several versions the first. */
function toolVersionsLine(text: string, path: string): string {
  const match = /^[ \t]*(?:golang|go)[ \t]+([^\s#]+)/m.exec(text);
  if (match !== null) return match[1]!;
  throw new SlipwayError('GO_VERSION_INVALID', `${path} has no line "golang VERSION"`, {
    hint: 'Add e.g. golang 1.26.8, or name another go-version-file.',
  });
}

const newer = (a: string, b: string) => compareGo(parseGoVersion(a), parseGoVersion(b)) > 0;

/** The go.work, else the go.mod, that the go command would use in a folder. */
export async function moduleFile(directory: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await workFile(directory, env)) ?? (await upward(directory, 'go.mod'));
}

async function workFile(directory: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const setting = env['GOWORK'] ?? '';
  if (setting === 'off') return undefined;
  return setting === '' ? upward(directory, 'go.work') : setting;
}

/** The nearest file of that name, in the folder or above it. */
export async function upward(directory: string, name: string): Promise<string | undefined> {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
    if (folder === dirname(folder)) return undefined;
  }
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .map(line => line.replace(/#.*$/, '').trim())
      .find(line => line !== '') ?? ''
  );
}
