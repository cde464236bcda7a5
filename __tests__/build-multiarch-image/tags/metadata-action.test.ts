import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { factsOf } from '../../../src/build-multiarch-image/tags/facts.ts';
import { parseFlavor } from '../../../src/build-multiarch-image/tags/flavor.ts';
import { tagsOf } from '../../../src/build-multiarch-image/tags/resolve.ts';
import { parseTagRule } from '../../../src/build-multiarch-image/tags/rule.ts';

interface Case {
  readonly name: string;
  readonly context: string;
  readonly prHeadSha?: boolean;
  readonly tags: string[];
  readonly flavor?: string[];
  readonly expected: string[];
}

/** docker/metadata-action's own table of cases; `source` names the file. */
const table: {
  source: string;
  now: string;
  defaultBranch: string;
  contexts: Record<string, { env: Record<string, string>; event: object }>;
  cases: Case[];
} = JSON.parse(readFileSync(new URL('metadata-action.json', import.meta.url), 'utf8'));

/** What metadata-action does without rules; ours is the version alone. */
const defaults = ['type=schedule', 'type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr'];
/** Versions of Python: no Go module has one. */
const isPython = ({ tags }: Case) => tags.some(line => line.includes('pep440'));

describe("docker/metadata-action's own cases", () => {
  test.each(table.cases.filter(one => !isPython(one)).map(one => [one.name, one] as const))('%s', (_, one) => {
    const { env, event } = table.contexts[one.context]!;
    const now = new Date(table.now);
    const facts = {
      ...factsOf(undefined, { ...env, ...(one.prHeadSha ? { DOCKER_METADATA_PR_HEAD_SHA: 'true' } : {}) }, event, now),
      defaultBranch: table.defaultBranch,
    };
    const rules = (one.tags.length > 0 ? one.tags : defaults).map(parseTagRule);
    expect(tagsOf(rules, parseFlavor(one.flavor ?? []), facts)).toEqual(one.expected);
  });

  test('are all there but those for versions of Python', () => {
    expect(table.cases).toHaveLength(114);
    expect(table.cases.filter(isPython)).toHaveLength(13);
    expect(() => parseTagRule('type=pep440,pattern={{version}}')).toThrow(/versions of Python/);
  });
});
