import { SlipwayError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import type { Check } from './check.ts';
import type { Form } from './forms/form.ts';
import { methods } from './forms/http.ts';
import { checkOf } from './forms/item.ts';
import { commonKeys } from './forms/policy.ts';

/**
 * `https://host/healthz 200 within 300ms`, `POST http://host/x 2xx contains "ok"`, `tcp host:5432 within 1s`: a target,
 * then keys with their values, read into the same item that YAML would give.
 */
export function parseShortForm(line: string, forms: readonly Form[]): Check {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(match => ({
    text: match[2] ?? match[1]!.replace(/\\(["\\])/g, '$1'),
    quoted: match[2] === undefined,
  }));
  const fail = (message: string): never => {
    throw new SlipwayError('CHECK_INVALID', message, { hint: grammar(forms) });
  };
  const wanted = (what: string) => words.shift()?.text ?? fail(`"${line}" ends after "${what}"`);
  const first = words[0]!.text;
  const form = forms.find(({ word }) => word === first && word !== 'url') ?? forms.find(({ word }) => word === 'url')!;
  if (form.word !== 'url') words.shift();
  else if (!(methods as readonly string[]).includes(first) && !first.includes(':') && !first.includes('/')) {
    fail(
      `"${first}" begins no check${didYouMean(
        first,
        forms.map(({ word }) => word),
      )}`,
    );
  }
  if (form.whole) return checkOf({ [form.word]: line.trim().slice(form.word.length).trim() }, forms);

  const item: Record<string, unknown> = {};
  if (form.word === 'url' && (methods as readonly string[]).includes(first)) item['method'] = wanted('');
  item[form.word] = wanted(form.word === 'url' ? first : form.word);
  const keys: Form['keys'] = { ...form.keys, ...commonKeys };
  while (words.length > 0) {
    const { text, quoted } = words.shift()!;
    const key = quoted || !Object.hasOwn(keys, text) ? undefined : keys[text];
    if (key === undefined) {
      if (form.word === 'url' && /^[1-5][\dx]/i.test(text) && !quoted && item['status'] === undefined)
        item['status'] = text;
      else fail(`"${text}" is not understood in "${line}"${didYouMean(text, Object.keys(keys))}`);
    } else if (item[text] !== undefined && !key.many) fail(`"${text}" is there twice in "${line}"`);
    else if (key.bare) item[text] = /^(true|false)$/.test(words[0]?.text ?? '') ? wanted(text) : true;
    else item[text] = key.many ? [...((item[text] as string[]) ?? []), wanted(text)] : wanted(text);
  }
  return checkOf(item, forms);
}

function grammar(forms: readonly Form[]): string {
  return `Write a target, then keys with values, e.g. ${forms
    .map(({ example }) => example)
    .slice(0, 4)
    .join('; ')}.`;
}
