import { relative, sep } from 'node:path';
import { explainGo } from '../build/explain-go.ts';
import type { Go } from '../environment.ts';
import { runGo } from '../go-command.ts';
import type { Folders } from './place.ts';

/** What is tested: every package of the module, or of all modules that go.work names. */
export interface TestedPackages {
  /** `./...`, or one pattern a module: in a workspace `./...` alone is an error where no module is. */
  readonly patterns: readonly string[];
  readonly folders: Folders;
}

export async function findTestedPackages(
  go: Go,
  flags: readonly string[],
  directory: string,
  signal: AbortSignal,
): Promise<TestedPackages> {
  const list = async (args: readonly string[]) => {
    const options = { cwd: directory, env: go.env, timeout: 10 * 60_000, signal };
    const { stdout } = await runGo(go, ['list', ...args], options).catch(error => {
      throw explainGo(error, 'listing the packages to test', go, directory);
    });
    return stdout.split('\n').filter(line => line !== '');
  };
  const modules = await list(['-m', '-f', '{{.Dir}}']);
  const patterns = modules.map(folder => patternOf(relative(directory, folder)));
  const rows = await list([...flags, '-f', '{{.ImportPath}}\t{{.Dir}}', ...patterns]);
  return { patterns, folders: new Map(rows.map(row => row.split('\t') as [string, string])) };
}

/** The go command takes a path for an import path unless it begins with a dot. */
function patternOf(folder: string): string {
  const path = folder.split(sep).join('/');
  return `${path === '' ? '.' : path.startsWith('..') ? path : `./${path}`}/...`;
}
