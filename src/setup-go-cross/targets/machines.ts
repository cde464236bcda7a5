import { SlipwayError } from '../../core/errors.ts';
import { suggestions } from '../../core/suggest.ts';
import { parseTarget, type Target } from '../../core/target.ts';
import { boards } from './boards.ts';
import type { Machines } from './machine.ts';
import { synology } from './synology.ts';

/** The whole table; every row cites where it is from. */
export const machines: readonly Machines[] = [...boards, ...synology];

interface Machine {
  /** As it is written in the table: `synology:DS920+`. */
  readonly name: string;
  readonly row: Machines;
}

const byName = new Map<string, Machine>(
  machines.flatMap(row =>
    row.models.split(' ').map(model => {
      const name = `${row.maker}:${model}`;
      return [name.toLowerCase(), { name, row }] as const;
    }),
  ),
);

export const machineNames: readonly string[] = [...byName.values()].map(({ name }) => name);

/** `synology:DS920+`, in any case of letters → its name and its target. */
export function targetOfMachineName(text: string): { name: string; target: Target } {
  const found = byName.get(text.toLowerCase());
  if (found === undefined) throw unknown(text);
  const { name, row } = found;
  if (row.target !== undefined) return { name, target: parseTarget(row.target) };
  throw new SlipwayError(
    'MACHINE_UNSUPPORTED',
    `Go does not build for ${name}: its processor is a 32-bit PowerPC (${row.processor})`,
    {
      hint: 'Leave it out: no Go program runs on it.',
    },
  );
}

function unknown(text: string): SlipwayError {
  const near = suggestions(text, machineNames, 5);
  const maker = text.split(':')[0]!.toLowerCase();
  const makers = [...new Set(machines.map(row => row.maker))];
  const known = makers.includes(maker)
    ? `Known of ${maker}: ${machineNames.filter(name => name.startsWith(`${maker}:`)).join(', ')}.`
    : `Known makers: ${makers.join(', ')}.`;
  return new SlipwayError('MACHINE_UNKNOWN', `"${text}" is no machine of the table`, {
    hint: `${near.length > 0 ? `Nearest: ${near.join(', ')}.` : known} Or write what \`uname -m\` says there as a target, e.g. linux/arm64 for aarch64.`,
  });
}
