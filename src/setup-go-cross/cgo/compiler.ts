import { access, constants, realpath } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { sha256File } from '../../core/files.ts';
import { run } from '../../core/process.ts';
import { formatTarget } from '../../core/target.ts';
import type { Choice } from './choose.ts';
import { compilesFor } from './machine.ts';
import { settingNames } from './own-compiler.ts';

/** A compiler as the record names it. */
export interface Compiler {
  /** `aarch64-linux-gnu-gcc`. */
  readonly name: string;
  /** First line of what it says of itself. */
  readonly version: string;
  /** Hex, of the program that is started. */
  readonly sha256: string;
}

const answersWithin = 60_000; // zig's first start makes its cache

/** The path of a program as a shell would find it, or undefined. */
export async function findProgram(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd'] : [''];
  const folders = isAbsolute(name) || name.includes('/') ? [''] : (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const path of folders.flatMap(folder => endings.map(ending => join(folder, name + ending)))) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/**
 * Looks at a compiler before anything is built: it must be there, compile for the target, and have what a static
 * program takes. Returns undefined where it is not there; the caller says what to install for all targets at once.
 *
 * @throws SlipwayError CGO_COMPILER_WRONG
 */
export async function inspectCompiler(
  choice: Choice,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Compiler | undefined> {
  const [start, named] = await Promise.all([
    findProgram(choice.cc[0]!, env),
    findProgram(choice.cc[launched(choice.cc)]!, env),
  ]);
  if (start === undefined || named === undefined) return undefined;
  // Not every compiler answers: what it made is read back all the same.
  const ask = (...words: string[]) =>
    run([start, ...words], { env: { ...env, LC_ALL: 'C' }, timeout: answersWithin, signal }).then(
      ({ stdout }) => stdout.trim().split('\n')[0]!,
      () => '',
    );
  const zig = choice.by === 'zig';
  const [words, file] = [choice.cc.slice(1), await realpath(named)];
  const [version, machine, sha256] = await Promise.all([
    zig ? ask('version') : ask(...words, '--version'),
    zig ? '' : ask(...words, '-dumpmachine'),
    sha256File(file, signal),
  ]);
  signal.throwIfAborted();
  if (!compilesFor(machine, choice.cc, choice.target)) throw wrongCompiler(choice, machine);
  return { name: basename(named), version: version || 'unknown', sha256 };
}

/** Where in the words the compiler stands: `ccache gcc` starts one program and means another. */
const launched = ([program = '', next]: readonly string[]) =>
  next !== undefined && /^(s?ccache|distcc|icecc)$/.test(basename(program)) ? 1 : 0;

/** Whether it has a static C library: gcc and clang answer with its path, else with the bare name. */
export async function hasStaticLibc(choice: Choice, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<boolean> {
  if (choice.by === 'zig') return true;
  const path = await findProgram(choice.cc[0]!, env);
  const argv: [string, ...string[]] = [path!, ...choice.cc.slice(1), '-print-file-name=libc.a'];
  const { stdout } = await run(argv, { env, timeout: answersWithin, signal }).catch(() => ({ stdout: '/' }));
  return stdout.trim() !== 'libc.a';
}

function wrongCompiler({ cc, target }: Choice, machine: string): SlipwayError {
  const names = settingNames('CC', target);
  return new SlipwayError(
    'CGO_COMPILER_WRONG',
    `${cc.join(' ')} compiles for ${machine}, not for ${formatTarget(target)}`,
    { hint: `Unset ${names.at(-1)}, or name the compiler of this target in ${names[0]}.` },
  );
}
