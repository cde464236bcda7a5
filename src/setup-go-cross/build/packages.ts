import { SlipwayError } from '../../core/errors.ts';
import type { Go } from '../environment.ts';
import { runGo } from '../go-command.ts';
import { explainGo } from './explain-go.ts';

/** A package that becomes a program. */
export interface MainPackage {
  /** Import path. */
  readonly path: string;
  /** What `go build` would call the program. */
  readonly name: string;
  /** Path of its module; empty in GOPATH mode. */
  readonly module: string;
  /** Of its source, absolute. */
  readonly directory?: string;
}

/**
 * The main packages among those that the patterns match, as `go list` sees them for the first target.
 *
 * @throws SlipwayError NO_MAIN_PACKAGE, with the main packages that there are
 */
export async function findMainPackages(
  go: Go,
  patterns: readonly string[],
  tags: string,
  env: NodeJS.ProcessEnv,
  directory: string,
  signal: AbortSignal,
): Promise<MainPackage[]> {
  const list = (names: readonly string[], more: string[] = []) =>
    goList(go, [...more, ...(tags === '' ? [] : [`-tags=${tags}`]), ...names], env, directory, signal);
  const found = await list(patterns);
  if (found.length > 0) return found;
  const others = await list(['./...'], ['-e']).catch(() => []);
  const hint =
    others.length === 0
      ? 'Set working-directory to the folder of the module, or packages to import paths of programs.'
      : `Set packages to one of: ${others.map(({ path }) => path).join(', ')}.`;
  throw new SlipwayError('NO_MAIN_PACKAGE', `no main package matches "${patterns.join(' ')}" in ${directory}`, {
    hint,
  });
}

async function goList(
  go: Go,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
  signal: AbortSignal,
): Promise<MainPackage[]> {
  // A folder with nothing but tests has the name main, and no program.
  const name = '{{if or .GoFiles .CgoFiles}}{{.Name}}{{end}}';
  const format = `${name}\t{{.ImportPath}}\t{{with .Module}}{{.Path}}{{end}}\t{{.Dir}}`;
  const { stdout } = await runGo(go, ['list', '-f', format, ...args], {
    cwd: directory,
    env,
    timeout: 10 * 60_000,
    signal,
  }).catch(error => {
    throw explainGo(error, 'listing the packages', go, directory);
  });
  const rows = stdout.split('\n').map(line => line.split('\t'));
  return rows
    .filter(([name]) => name === 'main')
    .map(([, path = '', module = '', directory = '']) => ({ path, module, directory, name: programName(path) }));
}

/** The last element of the import path; a major version is no name (`example.com/hello/v2` → `hello`). */
export function programName(path: string): string {
  const parts = path.split('/');
  const last = parts.at(-1)!;
  return /^v[0-9]+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last;
}
