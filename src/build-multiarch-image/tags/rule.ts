import { SlipwayError } from '../../core/errors.ts';
import { checkTag } from '../../core/registry/reference.ts';
import { didYouMean } from '../../core/suggest.ts';
import { namesIn } from './expression.ts';
import { fieldsOf, sidesOf } from './fields.ts';
import { contextNames, versionNames } from './names.ts';

/** What a rule of each type may say besides `type`, with what holds where it does not. */
const types = {
  schedule: { priority: 1000, defaults: { pattern: 'nightly' } },
  semver: { priority: 900, defaults: { pattern: undefined, value: '', match: '' } },
  match: { priority: 800, defaults: { pattern: undefined, group: '0', value: '' } },
  edge: { priority: 700, defaults: { branch: '' } },
  ref: { priority: 600, defaults: { event: undefined } },
  raw: { priority: 200, defaults: { value: undefined } },
  sha: { priority: 100, defaults: { format: 'short', prefix: 'sha-' } },
} as const satisfies Record<string, { priority: number; defaults: Record<string, string | undefined> }>;

type Type = keyof typeof types;
const common = ['enable', 'priority', 'prefix', 'suffix'];

/** One line of the input `tags`, in the language of docker/metadata-action. A plain tag is `raw`. */
export interface TagRule {
  readonly type: Type;
  /** Of several rules the one with the highest names the version; equal ones stay in their order. */
  readonly priority: number;
  /** With the type's defaults; `prefix` and `suffix` only where the rule has them, else those of the flavor hold. */
  readonly attributes: Readonly<Record<string, string>>;
}

const invalid = (line: string, why: string, hint?: string) =>
  new SlipwayError('TAG_INVALID', `"${line}": ${why}`, hint === undefined ? {} : { hint });

/**
 * Reads one line; whatever it has that would do nothing is an error.
 *
 * @throws SlipwayError TAG_INVALID, REFERENCE_INVALID
 */
export function parseTagRule(line: string): TagRule {
  if (!/[=,{]/.test(line)) {
    checkTag(line);
    return { type: 'raw', priority: types.raw.priority, attributes: { value: line } };
  }
  const entries = fieldsOf(line).map(sidesOf);
  const { type: named = 'raw', ...given } = Object.fromEntries(
    entries.map(([name, value]) => [name ?? 'value', value]),
  );
  const type = (Object.keys(types) as Type[]).find(known => known === named);
  if (type === undefined) throw unknownType(line, named);
  const defaults: Record<string, string | undefined> = types[type].defaults;
  const allowed = [...new Set([...Object.keys(defaults), ...common])];
  const unknown = Object.keys(given).find(name => !allowed.includes(name));
  if (unknown !== undefined) throw invalid(line, `${type} has no "${unknown}"; it has ${allowed.join(', ')}`);
  const missing = Object.keys(defaults).find(name => defaults[name] === undefined && !given[name]);
  if (missing !== undefined) throw invalid(line, `${missing} is missing`);
  const pr = type === 'ref' && given['event'] === 'pr' ? { prefix: 'pr-' } : {};
  const attributes: Record<string, string> = { ...(defaults as Record<string, string>), ...pr, ...given };
  check(type, attributes, line);
  return { type, priority: Number(attributes['priority'] ?? types[type].priority), attributes };
}

function unknownType(line: string, named: string): SlipwayError {
  if (named === 'pep440')
    return invalid(line, 'versions of Python are not read', 'Go modules have semantic versions: type=semver.');
  const known = Object.keys(types);
  return invalid(line, `the type "${named}" is unknown${didYouMean(named, known)}; types: ${known.join(', ')}`);
}

function check(type: Type, given: Readonly<Record<string, string>>, line: string): void {
  const { enable = 'true', pattern = '', event, format, priority = '0', group = '0' } = given;
  if (!/^(true|false)$/.test(enable) && !enable.includes('{{')) throw invalid(line, 'enable is true or false');
  if (!/^\d+$/.test(priority)) throw invalid(line, 'priority is a whole number');
  if (!/^\d+$/.test(group)) throw invalid(line, 'group is the number of a group in pattern');
  if (type === 'ref' && !['branch', 'tag', 'pr'].includes(event ?? ''))
    throw invalid(line, 'event is branch, tag or pr');
  if (format !== undefined && format !== 'short' && format !== 'long') throw invalid(line, 'format is short or long');
  for (const text of [given['match'], type === 'match' ? pattern : undefined]) {
    if (text) expressionOf(text, line);
  }
  for (const [name, text] of Object.entries(given)) {
    if (type === 'match' && name === 'pattern') continue;
    const known: readonly string[] =
      name !== 'pattern' ? contextNames : type === 'schedule' ? ['date', 'commit_date'] : versionNames;
    const strange = namesIn(text).find(one => !known.includes(one));
    if (strange === undefined) continue;
    throw invalid(line, `{{${strange}}} is unknown${didYouMean(strange, known)}; there are ${known.join(', ')}`);
  }
}

/** `/…/flags` or the bare expression. */
export function expressionOf(text: string, line: string): RegExp {
  const [, body = text, flags = ''] = /^\/(.+)\/(.*)$/.exec(text) ?? [];
  try {
    return new RegExp(body, flags);
  } catch {
    throw invalid(line, `"${text}" is no regular expression`);
  }
}
