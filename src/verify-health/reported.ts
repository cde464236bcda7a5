import { SlipwayError } from '../core/errors.ts';
import { httpCheck } from '../core/health/forms/http.ts';
import type { HttpCheck } from '../core/health/index.ts';
import { type JsonPath, parseJsonPath, valueAt } from '../core/health/json-path.ts';

/** What the endpoint must say it is. */
export interface Release {
  readonly version: string;
  readonly commit?: string;
}

/**
 * A check that the endpoint reports the release, from `URL [JSON-PATH]`: at every address that can be reached, and so many
 * times in a row that an old replica behind a balancer shows itself.
 */
export function reportedCheck(line: string, release: Release, samples: number): HttpCheck {
  const [url, path, ...rest] = line.split(/\s+/);
  if (rest.length > 0) {
    throw new SlipwayError('INPUT_INVALID', `input "reported" is "${line}": it is not URL [JSON-PATH]`, {
      hint: 'Write one a line, e.g. https://host/version $.version.',
    });
  }
  const at = path === undefined ? undefined : parseJsonPath(path);
  const check = httpCheck(url!);
  return {
    ...check,
    addresses: 'reachable',
    policy: { successes: samples },
    name: `${check.name} reports ${release.version}`,
    foreign: body => otherThan(release, body, at),
  };
}

/** Why a body is not the release's, or undefined when it is. Pure. */
export function otherThan(release: Release, body: string, path?: JsonPath): string | undefined {
  const said = path === undefined ? saidByItself(body) : saidAt(body, path);
  if (typeof said === 'string') return said;
  if (said.modified) return 'it says that it was built from a changed tree (vcs.modified=true)';
  const { commit, version } = release;
  if (said.either !== undefined) {
    const fits = said.either === version || (commit !== undefined && isCommit(said.either, commit));
    return fits
      ? undefined
      : `it says ${said.either} instead of ${version}${commit === undefined ? '' : ` or ${commit}`}`;
  }
  if (said.version !== undefined && said.version !== version)
    return `it says version ${said.version} instead of ${version}`;
  if (said.revision !== undefined && commit !== undefined && !isCommit(said.revision, commit)) {
    return `it says revision ${said.revision} instead of ${commit}`;
  }
  const compared = said.version !== undefined || (said.revision !== undefined && commit !== undefined);
  return compared ? undefined : 'it says neither a version nor a revision that the record has';
}

interface Said {
  readonly version?: string;
  readonly revision?: string;
  /** A value that may be either. */
  readonly either?: string;
  readonly modified?: boolean;
}

function saidAt(body: string, path: JsonPath): Said | string {
  const document = jsonOf(body);
  if (document === undefined) return 'the body is not JSON';
  const { found, value } = valueAt(document, path);
  return found ? { either: String(value) } : `the body has nothing at ${path.text}`;
}

const revisionNames = ['revision', 'vcs.revision', 'vcsRevision', 'commit', 'gitCommit', 'git_commit', 'sha'];

function saidByItself(body: string): Said | string {
  const document = jsonOf(body);
  if (typeof document === 'object' && document !== null) {
    const texts = document as Record<string, unknown>;
    const revision = revisionNames.map(name => texts[name]).find(isText);
    return {
      ...(isText(texts['version']) ? { version: texts['version'] } : {}),
      ...(revision === undefined ? {} : { revision }),
      modified: String(texts['modified'] ?? texts['vcs.modified']) === 'true',
    };
  }
  return buildInfo(body);
}

/** `go version -m` and runtime/debug.BuildInfo's String: lines of words between tabs. */
function buildInfo(body: string): Said {
  const setting = (name: string) => new RegExp(`^\\s*build\\s+${name}=(.*)$`, 'm').exec(body)?.[1]?.trim();
  const module = /^\s*mod\s+\S+\s+(\S+)/m.exec(body)?.[1];
  const revision = setting('vcs\\.revision');
  return {
    ...(module === undefined || module === '(devel)' ? {} : { version: module }),
    ...(revision === undefined ? {} : { revision }),
    modified: setting('vcs\\.modified') === 'true',
  };
}

/** Services often tell the first seven or more digits only. */
function isCommit(said: string, commit: string): boolean {
  return said.length >= 7 && commit.startsWith(said.toLowerCase());
}

/** A build that knows nothing of itself often says `unknown`, which is no claim. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value !== 'unknown';
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
