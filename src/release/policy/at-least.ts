import type { ActionName } from '../../core/action-names.ts';
import { isMap } from '../../core/config-deployments.ts';
import { type ConfigPath, invalid } from '../../core/config-document.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { didYouMean } from '../../core/suggest.ts';
import type { ReadLink } from '../agree.ts';
import type { Link } from '../chain.ts';
import { schemas } from '../definitions.ts';

/** A value that an input has at least. */
export interface AtLeast {
  readonly action: ActionName;
  readonly input: string;
  /** As it is written. */
  readonly text: string;
  readonly value: unknown;
  readonly at: string;
}

/**
 * Inputs that are more or less strict, and how: by their number, or by these words, the loosest first. None of them can be
 * given for a single role or host, behind the back of a policy.
 */
const scales: Partial<Record<ActionName, Readonly<Record<string, 'number' | readonly string[]>>>> = {
  'deploy-ssh-systemd': {
    hardening: ['off', 'default', 'strict'],
    'keep-releases': 'number',
    'on-failure': ['stop', 'rollback-batch', 'rollback-all'],
  },
  'verify-health': { identity: ['none', 'reported', 'proven'], hold: 'number' },
};

/** The part `at-least` of a policy. */
export function readAtLeast(given: unknown, at: (path: ConfigPath) => string): AtLeast[] {
  if (given === undefined) return [];
  if (!isMap(given)) throw invalid(at(['at-least']), '"at-least" is not a map of actions');
  return Object.entries(given).flatMap(([action, inputs]) => {
    const scale = Object.hasOwn(scales, action) ? scales[action as ActionName] : undefined;
    if (scale === undefined || !isMap(inputs))
      throw invalid(
        at(['at-least', action]),
        `at-least: "${action}" is none of ${Object.keys(scales).join(', ')} with a map of inputs`,
      );
    return Object.entries(inputs).map(([input, value]) => {
      const place = at(['at-least', action, input]);
      const names = Object.keys(scale);
      if (!names.includes(input))
        throw invalid(
          place,
          `at-least: "${input}" is neither more nor less strict${didYouMean(input, names)}; there are ${names.join(', ')}`,
        );
      const text = String(value);
      try {
        return {
          action: action as ActionName,
          input,
          text,
          at: place,
          value: schemas[action as ActionName].inputs[input]!.value.parse(text),
        };
      } catch (error) {
        throw invalid(place, `at-least: ${input}: ${messageOf(error)}`);
      }
    });
  });
}

/**
 * The links with what the policy asks for where slipway.yml says nothing.
 *
 * @param read the links as they are read, in the same order
 * @throws SlipwayError POLICY_LOOSENED that names both lines, for each input of slipway.yml that asks for less, and for a
 *   section that is left out
 */
export function tightened(
  links: readonly Link[],
  read: readonly ReadLink[],
  atLeast: readonly AtLeast[],
  file: ConfigFile,
): Link[] {
  const problems: string[] = [];
  const tighter = links.map((link, index) => {
    const less = atLeast.filter(one => one.action === link.action && isLess(one, read[index]!.inputs[one.input]));
    const { section, path } = sectionOf(link, file);
    const own = less.filter(({ input }) => Object.hasOwn(section, input));
    problems.push(
      ...own.map(
        ({ input, text, at }) => `${file.at([...path, input])} loosens ${input}, which is ${text} at least by ${at}`,
      ),
    );
    return { ...link, inputs: { ...link.inputs, ...Object.fromEntries(less.map(({ input, text }) => [input, text])) } };
  });
  problems.push(...leftOut(links, atLeast, file));
  if (problems.length === 0) return tighter;
  throw new SlipwayError('POLICY_LOOSENED', problems.join('; '), {
    hint: 'Nothing was changed. A policy can only be tightened: take the input out (or write the section), or ask who keeps the policy.',
  });
}

/** What is deployed and never verified is verified less than any policy asks for. */
function leftOut(links: readonly Link[], atLeast: readonly AtLeast[], file: ConfigFile): string[] {
  if (file.verify !== undefined || !links.some(({ action }) => action.startsWith('deploy-'))) return [];
  return atLeast
    .filter(one => one.action === 'verify-health' && isLess(one, loosestOf(one)))
    .map(({ input, text, at }) => `${file.file} has no section "verify", whose ${input} is ${text} at least by ${at}`);
}

function loosestOf({ action, input }: AtLeast): unknown {
  const scale = scales[action]![input]!;
  return scale === 'number' ? 0 : scale[0];
}

function isLess({ action, input, value }: AtLeast, given: unknown): boolean {
  const scale = scales[action]![input]!;
  if (scale === 'number') return Number(given ?? 0) < Number(value);
  return scale.indexOf(String(given)) < scale.indexOf(String(value));
}

function sectionOf(link: Link, file: ConfigFile): { section: object; path: ConfigPath } {
  if (link.action === 'verify-health') return { section: file.verify ?? {}, path: ['verify'] };
  const deploy = file.deploy ?? [];
  const index = deploy.findIndex(({ kind, name }) => link.title === (name === undefined ? kind : `${kind} (${name})`));
  return { section: deploy[index] ?? {}, path: ['deploy', index] };
}
