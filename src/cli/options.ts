import { SlipwayError } from '../core/errors.ts';
import { didYouMean } from '../core/suggest.ts';

/** An option of a command, as help shows it. */
export interface Option {
  readonly name: string;
  readonly short?: string;
  /** What its value is called; without one the option is a switch. */
  readonly value?: string;
  /** May be given several times. */
  readonly many?: boolean;
  readonly help: string;
}

/** What was given on the command line. */
export class Given {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** The value of an option, or undefined. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
}

/** An error in how slipway was called: nothing was begun. */
export function misuse(message: string, hint: string): SlipwayError {
  return new SlipwayError('USAGE', message, { hint });
}

/**
 * Reads `--name value`, `--name=value`, `-n value`; a switch may stand alone.
 *
 * @throws SlipwayError USAGE that says what was probably meant
 */
export function readOptions(args: readonly string[], options: readonly Option[], command: string): Given {
  const values = new Map<string, string[]>();
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name, inline] = /^(--?[^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (name === undefined)
      throw misuse(`"${word}" is not understood: ${command} takes options only`, `See slipway ${command} --help.`);
    const option = options.find(
      one => name === `--${one.name}` || (one.short !== undefined && name === `-${one.short}`),
    );
    if (option === undefined) throw unknown(name, options, command);
    if (option.value === undefined && inline !== undefined)
      throw misuse(`${name} is a switch and takes no value`, `See slipway ${command} --help.`);
    const value = option.value === undefined ? 'true' : (inline ?? rest.shift());
    if (value === undefined || (inline === undefined && option.value !== undefined && /^--?[a-z]/.test(value)))
      throw misuse(`${name} needs a value: ${option.value}`, `See slipway ${command} --help.`);
    if (values.has(option.name) && !option.many && option.value !== undefined)
      throw misuse(`${name} is given twice`, 'Leave one of them out.');
    values.set(option.name, [...(values.get(option.name) ?? []), value]);
  }
  return new Given(values);
}

function unknown(name: string, options: readonly Option[], command: string): SlipwayError {
  const known = options.map(one => `--${one.name}`);
  return misuse(
    `${command} has no option ${name}${didYouMean(name, known)}`,
    `It has ${known.join(', ')}; see slipway ${command} --help.`,
  );
}
