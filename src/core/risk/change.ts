import type { RiskFacts } from './weights.ts';

type Change = Pick<RiskFacts, 'lines' | 'dependencies' | 'migrations' | 'configuration' | 'toolchain'>;

/** Whose lines nobody wrote, or nobody runs. */
const notCounted = /(^|\/)(vendor|testdata|\.github|docs)\/|(^|\/)go\.sum$|\.md$/;
const migrations = /(^|\/)migrations?\/|\.sql$/i;
const configuration = /\.(ya?ml|toml|ini|json|conf|env)$|(^|\/)\.env[^/]*$/i;

/**
 * What changed between two commits. Pure.
 *
 * @param numstat of `git diff --numstat -z`: `ADDED\tREMOVED\tPATH\0`; binaries have `-`
 * @param modules of `git diff --unified=0` of go.mod and go.sum
 */
export function readChange(numstat: string, modules: string): Change {
  const files = numstat
    .split('\0')
    .filter(Boolean)
    .map(row => row.split('\t') as [string, string, string])
    .filter(([, , path]) => !notCounted.test(path));
  const having = (form: RegExp) => files.filter(([, , path]) => form.test(path)).length;
  return {
    lines: files.reduce((sum, [added, removed]) => sum + (Number(added) || 0) + (Number(removed) || 0), 0),
    dependencies: changedModules(modules),
    migrations: having(migrations),
    configuration: having(configuration),
    toolchain: /^[+-]\s*(go|toolchain)\s+\S*\d/m.test(modules) ? 1 : 0,
  };
}

/** A module may stand in both files, with several versions in each. */
function changedModules(diff: string): number {
  const names = [...diff.matchAll(/^[+-]\s*(?:require\s+|replace\s+)?([\w.-]+\.[\w.-]+\/?[\w./~-]*)\s+(?:v\d|=>)/gm)];
  return new Set(names.map(([, name]) => name)).size;
}
