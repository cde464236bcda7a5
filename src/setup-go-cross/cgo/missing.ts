import { SlipwayError } from '../../core/errors.ts';
import { formatTarget } from '../../core/target.ts';
import type { Choice } from './choose.ts';
import { settingNames } from './own-compiler.ts';

interface Lacking {
  readonly choice: Choice;
  /** Undefined: it is the compiler that is missing; else its static C library. */
  readonly compiler: unknown;
}

/** One error for everything that is not installed, with the one line that installs it. We never do: it is the user's machine. */
export function missingError(lacking: readonly Lacking[]): SlipwayError {
  const what = lacking.map(({ choice, compiler }) => {
    const name = choice.cc[0]!;
    return `${compiler === undefined ? name : `the static C library of ${name}`} (for ${formatTarget(choice.target)})`;
  });
  const packages = [...new Set(lacking.flatMap(({ choice }) => choice.packages))];
  const hints = [
    ...(packages.length === 0 ? [] : [`On Debian and Ubuntu: sudo apt-get install ${packages.join(' ')}.`]),
    ...(lacking.some(({ choice }) => choice.by === 'zig')
      ? ['Put zig on PATH before this step (https://ziglang.org/download).']
      : []),
    ...lacking
      .filter(({ choice }) => choice.packages.length === 0 && choice.by !== 'zig')
      .map(other)
      .slice(0, 1),
  ];
  return new SlipwayError('CGO_COMPILER_MISSING', `C code needs what is not installed: ${what.join(', ')}`, {
    hint: hints.join(' '),
  });
}

function other({ choice, compiler }: Lacking): string {
  const name = settingNames('CC', choice.target)[0]!;
  return compiler === undefined
    ? `Install ${choice.cc[0]}, or name another compiler in ${name}.`
    : 'Install the static C library, or set ldflags to "-s -w -linkmode=external" for a dynamic program.';
}
