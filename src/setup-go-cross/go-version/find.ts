import { access } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';
import { parseGoLines, toolchainOf } from './go-mod.ts';
import { compareGo, parseGoVersion, tryParseGoVersion } from './go-version.ts';
import { parseWanted, type Wanted } from './wanted.ts';

export interface Request {
  /** The input `go-version`. */
  readonly version: string | undefined;
  /** The input `go-version-file`. */
  readonly file: string | undefined;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Finds out which Go is wanted: the input, else the file, else go.work or go.mod as the go command finds them, else `stable`. */
export async function findWanted({ version, file, directory, env }: Request): Promise<Wanted> {
  if (version !== undefined && version !== '') return parseWanted(version, 'input go-version');
  if (file !== undefined && file !== '') return fromFile(resolve(directory, file), file, env);
  const found = (await workFile(directory, env)) ?? (await upward(directory, 'go.mod'));
  if (found !== undefined) return fromFile(found, basename(found), env);
  return { kind: 'stable', why: `no go.mod in ${directory} or above it` };
}

async function fromFile(path: string, shown: string, env: NodeJS.ProcessEnv): Promise<Wanted> {
  const text = await readIfThere(path);
  if (text === undefined) {
    throw new SlipwayError('GO_VERSION_FILE_MISSING', `the go-version-file ${path} does not exist`, {
      hint: 'Give the path of a go.mod, go.work or .go-version, relative to working-directory.',
    });
  }
  const name = basename(path);
  if (!name.endsWith('.mod') && !name.endsWith('.work')) return parseWanted(firstLine(text), shown);
  const asked = toolchainOf(parseGoLines(text), path);
  return withUsersToolchain(asked, shown, env['GOTOOLCHAIN']);
}

/** GOTOOLCHAIN as the user set it: NAME alone is used whatever the file says, NAME+auto only where it is newer. */
function withUsersToolchain(asked: string | undefined, file: string, setting = ''): Wanted {
  const [name = '', ...how] = setting.split('+');
  const named = tryParseGoVersion(name) === undefined ? undefined : name.replace(/^go/, '');
  if (named !== undefined && (how.length === 0 || asked === undefined || newer(named, asked)))
    return { kind: 'exact', version: named, why: `GOTOOLCHAIN=${setting}` };
  if (asked === undefined) return { kind: 'stable', why: `${file} has no go line` };
  return { kind: 'exact', version: asked, why: file };
}

const newer = (a: string, b: string) => compareGo(parseGoVersion(a), parseGoVersion(b)) > 0;

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
