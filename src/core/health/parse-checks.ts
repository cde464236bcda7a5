import type { Check } from './check.ts';
import { located } from './located.ts';
import { parseShortForm } from './short-form.ts';
import { parseYamlForm } from './yaml-form.ts';

/**
 * Checks from text: one a line in short form (`#` begins a comment line), or a YAML (or JSON) list whose items are maps
 * or short forms. Names are unique: a second check of the same name gets a number.
 *
 * @throws SlipwayError that names the line or the item, what was seen and what is allowed
 */
export function parseChecks(text: string): Check[] {
  const lines = text.split('\n').map(line => line.trim());
  const first = lines.find(line => line !== '' && !line.startsWith('#'));
  if (first === undefined) return [];
  const checks = /^(-(\s|$)|\[)/.test(first)
    ? parseYamlForm(text)
    : lines.flatMap((line, index) =>
        line === '' || line.startsWith('#') ? [] : [located(`line ${index + 1}`, () => parseShortForm(line))],
      );
  return unique(checks);
}

function unique(checks: Check[]): Check[] {
  const times = new Map<string, number>();
  return checks.map(check => {
    const count = (times.get(check.name) ?? 0) + 1;
    times.set(check.name, count);
    return count === 1 ? check : { ...check, name: `${check.name} #${count}` };
  });
}
