import * as v from 'valibot';
import { SlipwayError } from '../core/errors.ts';
import { parseDuration } from '../core/units.ts';
import { type Value, yaml } from '../core/values.ts';
import { parseSelector, type Selector } from './selector.ts';

export const hookNames = ['before-deploy', 'after-switch', 'on-rollback', 'after-deploy'] as const;
export type HookName = (typeof hookNames)[number];

export interface Hook {
  readonly name: HookName;
  /** Text for `sh`. */
  readonly run: string;
  /** On the first host, on each, or on the runner. */
  readonly on: 'first' | 'each' | 'runner';
  /** Only for hosts that fit: none other runs it. */
  readonly where?: Selector;
  /** Milliseconds. */
  readonly timeout: number;
}

const usual = 300_000;
const notOn = 'is neither first, each, runner nor role=NAME or LABEL=VALUE, with first or each before it';
const script = v.pipe(v.string(), v.trim(), v.minLength(1, 'is empty'));
const one = v.union([
  script,
  v.strictObject({
    run: script,
    on: v.optional(v.pipe(v.string(), v.regex(/^(first|each|runner|((first|each) +)?[^=\s]+=\S+)$/, notOn))),
    timeout: v.optional(v.string()),
  }),
]);
const form = v.strictObject({
  'before-deploy': v.optional(v.union([one, v.array(one)])),
  'after-switch': v.optional(v.union([one, v.array(one)])),
  'on-rollback': v.optional(v.union([one, v.array(one)])),
  'after-deploy': v.optional(v.union([one, v.array(one)])),
});

/** A map of hook to command, or to `{run, on, timeout}`, or to a list of these. */
export const hooks: Value<Hook[]> = yaml(
  `a map of ${hookNames.join(', ')}, each a command or {run, on: first | each | runner | role=NAME, timeout}, or a list of them`,
  { type: 'object', properties: Object.fromEntries(hookNames.map(name => [name, {}])), additionalProperties: false },
  data => {
    const read = v.safeParse(form, data);
    if (!read.success) {
      const [issue] = read.issues;
      throw new SlipwayError('HOOKS_INVALID', `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
    }
    return hookNames.flatMap(name => [read.output[name] ?? []].flat().map(item => hookOf(name, item)));
  },
);

function hookOf(name: HookName, item: v.InferOutput<typeof one>): Hook {
  // what is done once for all, a migration say, must not be done by every host at the same time
  const on = name === 'before-deploy' || name === 'after-deploy' ? 'first' : 'each';
  if (typeof item === 'string') return { name, run: item, on, timeout: usual };
  const timeout = item.timeout === undefined ? usual : parseDuration(item.timeout);
  if (item.on === undefined) return { name, run: item.run, on, timeout };
  const [word = '', selector = word] = item.on.split(/ +/);
  const where = selector.includes('=') ? { where: parseSelector(selector) } : {};
  const given = word === 'first' || word === 'runner' ? word : 'each';
  return { name, run: item.run, on: given, timeout, ...where };
}
