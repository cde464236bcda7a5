import { didYouMean } from '../../suggest.ts';
import type { Check } from '../check.ts';
import type { Form, Given } from './form.ts';
import { commonKeys, splitPolicy } from './policy.ts';
import { fail, type Item, type Key } from './readers.ts';

/** The check that an item is, by the word that names its target. */
export function checkOf(item: Item, forms: readonly Form[]): Check {
  const words = forms.map(({ word }) => word);
  const form = formOf(item, forms);
  const keys: Record<string, Key> = { ...form.keys, ...commonKeys };
  const known = [form.word, ...Object.keys(keys)];
  const unknown = Object.keys(item).find(key => !known.includes(key));
  if (unknown !== undefined) {
    const other = words.includes(unknown) ? `; a check has one of ${words.join(', ')}` : '';
    fail(`unknown key "${unknown}"${didYouMean(unknown, known)}; allowed: ${known.join(', ')}${other}`);
  }
  const given: Given = Object.fromEntries(
    Object.entries(keys).flatMap(([key, { read }]) => {
      const value = item[key];
      return value === undefined || value === null ? [] : [[camel(key), read(value, key)]];
    }),
  );
  if (given['proxy'] !== undefined && (given['addresses'] ?? 'any') !== 'any') {
    fail('"addresses" can only be any where there is a "proxy": it looks names up by itself');
  }
  if (given['proxy'] !== undefined && given['load'] !== undefined)
    fail('"load" goes to the service itself: no "proxy"');
  const { own, policy } = splitPolicy(given);
  const check = form.make(item[form.word], own, item);
  return Object.keys(policy).length === 0 ? check : { ...check, policy };
}

function formOf(item: Item, forms: readonly Form[]): Form {
  const words = forms.map(({ word }) => word);
  const named = forms.filter(({ word }) => Object.hasOwn(item, word));
  // `tls: true` of a gRPC check is no target, as `image` of a container's is none.
  const form = named.find(one => named.every(other => other === one || Object.hasOwn(one.keys, other.word)));
  if (form !== undefined) return form;
  if (named.length > 1) return fail(`it has several targets: ${named.map(({ word }) => `"${word}"`).join(', ')}`);
  const near = Object.keys(item)
    .map(key => didYouMean(key, words))
    .find(text => text !== '');
  return fail(`it needs one of ${words.map(word => `"${word}"`).join(', ')}${near ?? ''}`);
}

function camel(key: string): string {
  return key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
