import { SlipwayError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import type { Check, NetworkCheck } from './check.ts';
import { allForms, networkForms } from './forms/all.ts';
import type { Form } from './forms/form.ts';
import { located } from './located.ts';
import { parseShortForm } from './short-form.ts';
import { parseYamlForm } from './yaml-form.ts';

/**
 * Checks from text: one a line in short form (`#` begins a comment line), or a YAML (or JSON) list whose items are maps
 * or short forms. Only kinds that are reached by host and port, as the gate of a deploy asks them. Names are unique: a
 * second check of the same name gets a number.
 *
 * @throws SlipwayError that names the line or the item, what was seen and what is allowed
 */
export function parseChecks(text: string): NetworkCheck[] {
  return parse(text, networkForms) as NetworkCheck[];
}

/** The same for every kind of check. */
export function parseEveryCheck(text: string): Check[] {
  return parse(text, allForms);
}

function parse(text: string, forms: readonly Form[]): Check[] {
  const lines = text.split('\n').map(line => line.trim());
  const first = lines.find(line => line !== '' && !line.startsWith('#'));
  if (first === undefined) return [];
  const checks = /^(-(\s|$)|\[)/.test(first)
    ? parseYamlForm(text, forms)
    : lines.flatMap((line, index) =>
        line === '' || line.startsWith('#') ? [] : [located(`line ${index + 1}`, () => parseShortForm(line, forms))],
      );
  return ordered(unique(checks));
}

function unique(checks: Check[]): Check[] {
  const times = new Map<string, number>();
  return checks.map(check => {
    const count = (times.get(check.name) ?? 0) + 1;
    times.set(check.name, count);
    return count === 1 ? check : { ...check, name: `${check.name} #${count}` };
  });
}

/** Refuses what waits for a check that is not there, or in a circle for itself. */
function ordered(checks: Check[]): Check[] {
  const needs = new Map(checks.map(check => [check.name, check.policy?.dependsOn ?? []]));
  const wrong = (message: string): never => {
    throw new SlipwayError('CHECK_INVALID', message, { hint: 'depends-on names other checks by their `name`.' });
  };
  const seen = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) wrong(`checks wait for each other in a circle: ${[...path, name].join(' → ')}`);
    if (seen.has(name)) return;
    for (const other of needs.get(name)!) {
      if (!needs.has(other)) {
        wrong(`"${name}" depends on "${other}", which is no check here${didYouMean(other, [...needs.keys()])}`);
      }
      visit(other, [...path, name]);
    }
    seen.add(name);
  };
  for (const name of needs.keys()) visit(name, []);
  return checks;
}
