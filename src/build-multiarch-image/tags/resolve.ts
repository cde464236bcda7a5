import { parse as parseSemver, prerelease, type SemVer, valid } from 'semver';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { checkTag } from '../../core/registry/reference.ts';
import { contextCalls, nameIn } from './context.ts';
import { fillIn } from './expression.ts';
import type { TagFacts } from './facts.ts';
import type { Flavor } from './flavor.ts';
import { expressionOf, type TagRule } from './rule.ts';

/** What a rule gives: text before prefix and suffix, and whether it speaks for `latest`. */
interface Found {
  readonly text: string;
  readonly latest: boolean;
}

/**
 * The tags that the rules give, each once, the one with the highest priority first; `latest` comes last, where the rule
 * of the first tag or the flavor wants it. The same answers as docker/metadata-action's, except that `semver` without a
 * git tag takes the release's version.
 *
 * @throws SlipwayError TAG_INVALID
 */
export function tagsOf(rules: readonly TagRule[], flavor: Flavor, facts: TagFacts): string[] {
  const fill = (text: string) => fillIn(text, contextCalls(facts));
  const tags: string[] = [];
  let latest: boolean | undefined;
  for (const rule of rules.toSorted((a, b) => b.priority - a.priority)) {
    if (!isEnabled(fill(rule.attributes['enable'] ?? 'true'), rule)) continue;
    const found = finders[rule.type](rule.attributes, facts, fill);
    if (found === undefined) continue;
    const { prefix = flavor.prefix, suffix = flavor.suffix } = rule.attributes;
    const text = `${fill(prefix)}${found.text}${fill(suffix)}`;
    if (text === '') continue;
    tags.push(tagOf(text));
    latest ??= flavor.latest === 'auto' ? found.latest : flavor.latest === 'true';
  }
  if (latest) {
    const [before, behind] = [flavor.prefixLatest ? flavor.prefix : '', flavor.suffixLatest ? flavor.suffix : ''];
    tags.push(tagOf(`${fill(before)}latest${fill(behind)}`));
  }
  return [...new Set(tags)];
}

function isEnabled(text: string, { type }: TagRule): boolean {
  if (/^(true|false)$/.test(text)) return text === 'true';
  throw new SlipwayError('TAG_INVALID', `enable of the ${type} rule is "${text}", neither true nor false`);
}

type Finder = (
  attributes: Readonly<Record<string, string>>,
  facts: TagFacts,
  fill: (text: string) => string,
) => Found | undefined;

const finders: Record<TagRule['type'], Finder> = {
  schedule: ({ pattern = '' }, facts, fill) =>
    facts.event.includes('schedule') ? { text: fill(pattern), latest: false } : undefined,
  semver: (attributes, facts, fill) => {
    const given = versionText(attributes, facts, fill);
    return given === undefined ? undefined : semverOf(attributes['pattern']!, given);
  },
  match: ({ pattern = '', group = '0', value = '' }, facts, fill) => {
    const text = value === '' ? nameIn(facts.ref, 'tags') : fill(value);
    if (text === undefined) return undefined;
    const match = expressionOf(pattern, pattern).exec(text)?.[Number(group)];
    if (match === undefined) log.warning(`the tag rule "match": ${pattern} has no group ${group} in ${text}`);
    return match === undefined ? undefined : { text: match, latest: true };
  },
  edge: ({ branch }, { ref, defaultBranch }) => {
    const wanted = branch || defaultBranch;
    return wanted !== undefined && nameIn(ref, 'heads') === wanted ? { text: 'edge', latest: false } : undefined;
  },
  ref: ({ event }, { ref }) => {
    const pull = /^refs\/pull\/(.+?)(?:\/merge)?$/.exec(ref)?.[1];
    const text = event === 'pr' ? pull : nameIn(ref, event === 'branch' ? 'heads' : 'tags');
    return text === undefined ? undefined : { text, latest: event === 'tag' };
  },
  raw: ({ value = '' }, _, fill) => ({ text: fill(value), latest: false }),
  sha: ({ format }, { sha, shortSha }) =>
    sha === '' ? undefined : { text: format === 'long' ? sha : sha.slice(0, shortSha), latest: false },
};

/** What a `semver` rule reads: its own value, the git tag, or the release's version. */
function versionText(
  { value = '', match = '' }: Readonly<Record<string, string>>,
  { ref, version }: TagFacts,
  fill: (text: string) => string,
): string | undefined {
  const text = value === '' ? (nameIn(ref, 'tags') ?? version) : fill(value);
  if (text === undefined || match === '') return text;
  const found = expressionOf(match, match).exec(text)?.[1];
  if (found === undefined) log.warning(`the tag rule "semver": ${match} matches nothing in ${text}`);
  return found ?? text;
}

/** A prerelease has no floating tags: it gives `{{version}}`, or `{{raw}}` where that is the whole pattern. */
function semverOf(pattern: string, given: string): Found | undefined {
  const text = given.replaceAll('/', '-');
  if (valid(text) === null) {
    log.warning(`the tag rule "semver": ${text} is not a semantic version (https://semver.org)`);
    return undefined;
  }
  const version: SemVer = parseSemver(text, { loose: true })!;
  const isPrerelease = prerelease(text) !== null;
  const used = isPrerelease && !/^{{\s*raw\s*}}$/.test(pattern) ? '{{version}}' : pattern;
  const calls = {
    raw: () => version.raw,
    version: () => version.version,
    major: () => String(version.major),
    minor: () => String(version.minor),
    patch: () => String(version.patch),
  };
  return { text: fillIn(used, calls), latest: !isPrerelease };
}

/** Characters that a tag cannot have become `-`: `v1.2.3+linux` → `v1.2.3-linux`, `feature/x` → `feature-x`. */
export function tagOf(text: string): string {
  const tag = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  checkTag(tag, text);
  return tag;
}
