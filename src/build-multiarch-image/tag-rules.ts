import { parse as parseSemver, type SemVer } from 'semver';
import { SlipwayError } from '../core/errors.ts';
import { checkTag } from '../core/registry/reference.ts';

const kinds = ['raw', 'semver', 'ref', 'sha'] as const;
const attributes = {
  raw: ['value'],
  semver: ['pattern', 'value'],
  ref: ['event'],
  sha: ['format'],
} as const satisfies Record<(typeof kinds)[number], readonly string[]>;
const common = ['enable', 'prefix', 'suffix'];

/** One line of the input `tags`: docker/metadata-action's rules, as far as they are supported. A plain tag is `raw`. */
export interface TagRule {
  readonly kind: (typeof kinds)[number];
  readonly attributes: Readonly<Record<string, string>>;
}

/** What rules are filled in with. */
export interface TagFacts {
  readonly version: string;
  /** Full git sha. */
  readonly commit?: string | undefined;
  /** `refs/heads/main`, `refs/tags/v1.2.3`, `refs/pull/7/merge`. */
  readonly ref?: string | undefined;
}

const invalid = (line: string, why: string) => new SlipwayError('TAG_INVALID', `"${line}": ${why}`);

/** Reads one line; whatever it has that would do nothing is an error. */
export function parseTagRule(line: string): TagRule {
  if (!line.includes('=')) {
    checkTag(line);
    return { kind: 'raw', attributes: { value: line } };
  }
  const entries = line.split(',').map((field): [string, string] => {
    const at = field.indexOf('=');
    return at < 0 ? ['value', field.trim()] : [field.slice(0, at).trim(), field.slice(at + 1).trim()];
  });
  const { type, ...rest } = Object.fromEntries(entries);
  const kind = kinds.find(known => known === (type ?? 'raw'));
  if (kind === undefined) throw invalid(line, `the type "${type}" is not supported; types: ${kinds.join(', ')}`);
  const allowed: readonly string[] = [...attributes[kind], ...common];
  const unknown = Object.keys(rest).find(name => !allowed.includes(name));
  if (unknown !== undefined) throw invalid(line, `${kind} has no "${unknown}"; it has ${allowed.join(', ')}`);
  check(kind, rest, line);
  return { kind, attributes: rest };
}

function check(kind: TagRule['kind'], given: Record<string, string>, line: string): void {
  const { enable, value, pattern, event, format } = given;
  if (enable !== undefined && !/^(true|false)$/.test(enable)) throw invalid(line, 'enable is true or false');
  const expression = Object.entries(given).find(([name, text]) => name !== 'pattern' && text.includes('{{'));
  if (expression !== undefined) throw invalid(line, `expressions in {{}} are not supported in ${expression[0]}`);
  if (kind === 'raw' && !value) throw invalid(line, 'value is missing');
  if (kind === 'semver' && !pattern) throw invalid(line, 'pattern is missing, such as {{version}}');
  const field = [...(pattern ?? '').matchAll(/{{\s*(\w*)\s*}}/g)].find(match => fields[match[1]!] === undefined)?.[1];
  if (field !== undefined) throw invalid(line, `{{${field}}} is unknown; there are ${Object.keys(fields).join(', ')}`);
  if (kind === 'ref' && !['branch', 'tag', 'pr'].includes(event ?? ''))
    throw invalid(line, 'event is branch, tag or pr');
  if (format !== undefined && format !== 'short' && format !== 'long') throw invalid(line, 'format is short or long');
}

const fields: Record<string, (version: SemVer) => string> = {
  version: version => version.version,
  raw: version => version.raw,
  major: version => String(version.major),
  minor: version => String(version.minor),
  patch: version => String(version.patch),
};

/** The tags that the rules give, each once, in the order of the rules; without rules the version is the tag. */
export function tagsOf(rules: readonly TagRule[], facts: TagFacts): string[] {
  if (rules.length === 0) return [tagOf(facts.version)];
  const tags = rules
    .filter(rule => rule.attributes['enable'] !== 'false')
    .flatMap(rule => {
      const { prefix = rule.kind === 'sha' ? 'sha-' : '', suffix = '' } = rule.attributes;
      const value = tagValueOf(rule, facts);
      return value === undefined ? [] : [tagOf(`${prefix}${value}${suffix}`)];
    });
  return [...new Set(tags)];
}

/** Undefined when the rule does not apply here: another event, or a version that is no semantic version. */
function tagValueOf({ kind, attributes }: TagRule, facts: TagFacts): string | undefined {
  switch (kind) {
    case 'raw':
      return attributes['value'];
    case 'sha':
      return facts.commit?.slice(0, attributes['format'] === 'long' ? undefined : 7);
    case 'ref':
      return refOf(attributes['event']!, facts.ref ?? '');
    case 'semver':
      return semverOf(attributes['pattern']!, attributes['value'] ?? facts.version);
  }
}

function refOf(event: string, ref: string): string | undefined {
  const pattern = { branch: /^refs\/heads\/(.+)$/, tag: /^refs\/tags\/(.+)$/, pr: /^refs\/pull\/(\d+)\// }[event];
  const name = pattern?.exec(ref)?.[1];
  return event === 'pr' && name !== undefined ? `pr-${name}` : name;
}

/** As metadata-action: a prerelease has no floating tags, it gives `{{version}}` or `{{raw}}` only. */
function semverOf(pattern: string, text: string): string | undefined {
  const version = parseSemver(text);
  if (version === null) return undefined;
  const whole = /{{\s*raw\s*}}/.test(pattern) ? '{{raw}}' : '{{version}}';
  const used = version.prerelease.length > 0 ? whole : pattern;
  return used.replaceAll(/{{\s*(\w+)\s*}}/g, (_, name: string) => fields[name]!(version));
}

/** Characters that a tag cannot have become `-`: `v1.2.3+linux` → `v1.2.3-linux`, `feature/x` → `feature-x`. */
export function tagOf(text: string): string {
  const tag = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  checkTag(tag, text);
  return tag;
}
