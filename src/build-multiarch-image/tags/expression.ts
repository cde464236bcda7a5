import { SlipwayError } from '../../core/errors.ts';
import { didYouMean } from '../../core/suggest.ts';

/**
 * What an expression is given: its argument and its named arguments, without their quotes. To Handlebars a bare word is
 * the name of something that is not there: no argument.
 */
export type Call = (argument: string | undefined, named: Readonly<Record<string, string>>) => string;

const whole = /{{\s*([a-z_]+)((?:\s+(?:\w+=)?(?:'[^']*'|"[^"]*"|[^\s}'"=]+))*)\s*}}/gi;
const word = /(?:(\w+)=)?(?:'([^']*)'|"([^"]*)"|(\S+))/g;

/**
 * Fills in `{{name}}` and `{{name 'argument' key='value'}}`: the part of Handlebars that docker/metadata-action
 * documents for its rules.
 *
 * @throws SlipwayError TAG_INVALID for a name that nobody knows, and for braces that are no expression
 */
export function fillIn(text: string, calls: Readonly<Record<string, Call>>): string {
  const filled = text.replaceAll(whole, (_, name: string, rest: string) => {
    const call = calls[name];
    if (call === undefined) throw unknown(text, name, Object.keys(calls));
    const words = [...rest.matchAll(word)];
    const named = words.filter(([, key]) => key !== undefined).map(one => [one[1]!, textOf(one)]);
    const argument = words.find(one => one[1] === undefined && isQuoted(one));
    return call(argument === undefined ? undefined : textOf(argument), Object.fromEntries(named));
  });
  mustBeWhole(text);
  return filled;
}

function mustBeWhole(text: string): void {
  if (!text.replaceAll(whole, '').includes('{{')) return;
  throw new SlipwayError('TAG_INVALID', `"${text}" holds {{ without an expression that ends`);
}

const textOf = ([, , single, double, bare]: RegExpExecArray | RegExpMatchArray) => single ?? double ?? bare ?? '';
const isQuoted = ([, , single, double]: RegExpExecArray) => (single ?? double) !== undefined;

/**
 * The names of the expressions in a text.
 *
 * @throws SlipwayError TAG_INVALID for braces that are no expression
 */
export function namesIn(text: string): string[] {
  mustBeWhole(text);
  return [...text.matchAll(whole)].map(([, name]) => name!);
}

function unknown(text: string, name: string, known: readonly string[]): SlipwayError {
  return new SlipwayError('TAG_INVALID', `"${text}" holds {{${name}}}, which is unknown${didYouMean(name, known)}`, {
    hint: `There are ${known.map(one => `{{${one}}}`).join(', ')}.`,
  });
}
