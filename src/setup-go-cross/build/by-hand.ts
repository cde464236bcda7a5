import { basename, relative } from 'node:path';
import { outputFolder } from '../../core/record/files.ts';
import type { Go } from '../environment.ts';
import { type Build, commandLine, quote } from './plan.ts';

/** Variables besides GOFLAGS that change what is built. */
const telling = ['GOEXPERIMENT', 'GOFIPS140', 'GO111MODULE'];

/**
 * The line that makes the same bytes by hand, in a clone of the same commit: it names the toolchain, and GOFLAGS also
 * where they are empty, as those of the reader's machine would count.
 *
 * @param directory where the line is to be run; the output is named from there
 */
export function byHand(build: Build, { version, settings, env }: Go, directory: string): string {
  const variables = [
    ['GOTOOLCHAIN', `go${version}`],
    ['GOFLAGS', settings.GOFLAGS],
    ...telling.flatMap(name => (env[name] ? [[name, env[name]]] : [])),
    ...(settings.GOWORK === 'off' ? [['GOWORK', 'off']] : []),
  ];
  const set = variables.map(([name, value = '']) => `${name}=${value === '' ? '' : quote(value)}`);
  return [...set, commandLine(build, relative(directory, build.output))].join(' ');
}

/**
 * The whole of it for a clone: git must first ignore what the lines write, or from the second on the tree would count as
 * modified, which is stamped into the binary.
 */
export function allByHand(builds: readonly Build[], go: Go, directory: string): string[] {
  const written = builds.map(({ output }) => {
    const path = relative(directory, output).replaceAll('\\', '/');
    return path.startsWith(`${outputFolder}/`) ? `${outputFolder}/` : basename(path);
  });
  const ignored = [...new Set(written)].map(quote).join(' ');
  return [
    `printf '%s\\n' ${ignored} >> "$(git rev-parse --git-path info/exclude)"`,
    ...builds.map(build => byHand(build, go, directory)),
  ];
}
