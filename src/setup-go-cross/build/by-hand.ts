import { relative } from 'node:path';
import type { Go } from '../environment.ts';
import { type Build, commandLine, quote } from './plan.ts';

/** Variables besides GOFLAGS that change what is built. */
const telling = ['GOEXPERIMENT', 'GOFIPS140', 'GO111MODULE', 'GODEBUG'];

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
