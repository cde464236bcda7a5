import { parse as parseYaml } from 'yaml';
import { messageOf, SlipwayError } from '../errors.ts';
import { isMap } from '../is-map.ts';
import type { Check } from './check.ts';
import type { Form } from './forms/form.ts';
import { checkOf } from './forms/item.ts';
import { fail } from './forms/readers.ts';
import { located } from './located.ts';
import { parseShortForm } from './short-form.ts';

/** A YAML list of checks; each item is a map (`url: …` or `tcp: …` and the rest) or a short form. */
export function parseYamlForm(text: string, forms: readonly Form[]): Check[] {
  let data: unknown;
  try {
    data = parseYaml(text);
  } catch (error) {
    throw new SlipwayError('YAML_INVALID', `not valid YAML: ${messageOf(error).split('\n')[0]}`, { cause: error });
  }
  if (!Array.isArray(data)) return fail('it is not a list of checks');
  return data.map((item, index) =>
    located(`checks[${index}]`, () => {
      if (typeof item === 'string' && item.trim() !== '') return parseShortForm(item.trim(), forms);
      if (!isMap(item)) return fail('it is neither a map nor a short form such as https://host/healthz 200');
      return checkOf(item, forms);
    }),
  );
}
