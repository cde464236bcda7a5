import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputFolder } from '../../core/record/files.ts';
import { freeSpace, type Place } from '../disk.ts';
import type { Go } from '../environment.ts';
import { bareProxies } from '../toolchain/go-proxy.ts';

/** What is known of a failed call of go. */
export interface Found {
  readonly go: Go;
  readonly directory: string;
  readonly match: RegExpExecArray;
  /** What go printed, without its progress. */
  readonly text: string;
  /** What go was downloading: some of its messages do not say. */
  readonly downloading: string;
  /** The import that the message points to, by file and line. */
  readonly imported: string | undefined;
}

export interface Advice {
  /** In go's text: it decides only which advice is given. */
  readonly sign: RegExp;
  readonly code: string;
  readonly hint: (found: Found) => string;
}

const fixed = (hint: string) => () => hint;

/** In order: the first that fits. */
export const advice: readonly Advice[] = [
  {
    sign: /requires go >= ([\w.]+)/,
    code: 'GO_TOO_OLD',
    hint: ({ match, go }) =>
      `This is Go ${go.version}. Set go-version to ${match[1]} or newer, or leave it empty so that go.mod decides.`,
  },
  {
    sign: /error obtaining VCS status: exit status 128/,
    code: 'GIT_DUBIOUS_OWNERSHIP',
    hint: ({ directory }) =>
      `git refuses the repository of another user; run before this step: git config --global --add safe.directory "*" (or the repository of ${directory})`,
  },
  {
    sign: /unsupported GOOS\/GOARCH pair|(?:invalid|unsupported setting) GO(?:ARM|AMD64|ARM64|386|MIPS|MIPS64|PPC64|RISCV64)[:=]/,
    code: 'TARGET_UNSUPPORTED',
    hint: ({ go }) =>
      `Go ${go.version} does not build for that target: set another go-version, or leave the target out.`,
  },
  {
    sign: /no space left on device|disk quota exceeded|read-only file system/,
    code: 'DISK',
    hint: found => `Free: ${freeSpace(placesOf(found))}. The build cache grows by about 250 MB a target.`,
  },
  {
    sign: /checksum mismatch|SECURITY ERROR/,
    code: 'MODULE_CHANGED',
    hint: ({ go }) =>
      `What ${bareProxies(go.settings.GOPROXY)} gave is not what go.sum names: a page in its place, a changed tag, or a changed module. Nothing of it was used; compare with another goproxy.`,
  },
  {
    sign: /inconsistent vendoring/,
    code: 'VENDOR_INCONSISTENT',
    hint: fixed('Run go mod vendor (in a workspace: go work vendor) and commit the vendor folder.'),
  },
  {
    sign: /replacement directory (\S+) does not exist|\(replaced by ([^)]+)\)/,
    code: 'REPLACE_MISSING',
    hint: ({ match }) =>
      `A replace line of go.mod leads to ${match[1] ?? match[2]}, which is not there: check it out beside this repository, or take the line out.`,
  },
  {
    sign: /missing go\.sum entry|updates to go\.(?:mod|sum) needed/,
    code: 'GO_SUM_INCOMPLETE',
    hint: fixed('Run go mod tidy and commit go.mod and go.sum.'),
  },
  {
    sign: /no required module provides package (\S+?)[;:]/,
    code: 'MODULE_NOT_REQUIRED',
    hint: ({ match }) => `Run go get ${match[1]} and commit go.mod and go.sum.`,
  },
  {
    sign: /terminal prompts disabled|could not read (?:Username|Password)|Authentication failed|Permission denied \(publickey|Invalid username or (?:password|token)|fatal: repository '[^']*' not found|ls-remote .*exit status 128|unrecognized import path|no secure protocol found|(?:reading|fetching|Get) .*: (?:40[134] |410 )|(?:40[134]|410) (?:Not Found|Gone|Forbidden|Unauthorized)/,
    code: 'MODULE_UNAVAILABLE',
    hint: privateAdvice,
  },
  {
    sign: /(?:reading|Get) .*(?:5\d\d |: dial |connection re|EOF|i\/o timeout|no such host|tls: )|module lookup disabled by GOPROXY=off/,
    code: 'MODULE_PROXY_FAILED',
    hint: ({ go }) =>
      `GOPROXY is ${bareProxies(go.settings.GOPROXY)}: look at it, or name another in goproxy (after | the next one is asked on any error, after a comma on 404 and 410 only).`,
  },
  {
    sign: /not a valid zip file|: zip: |invalid character '<'|unexpected EOF|unzip |parsing go\.mod from/,
    code: 'MODULE_UNREADABLE',
    hint: ({ go, downloading }) =>
      `${bareProxies(go.settings.GOPROXY)} answers with something else than ${downloading || 'a module'}, e.g. a login page or a part of a file: look at it, or name another in goproxy. Nothing of it was used.`,
  },
  {
    sign: /errors parsing .*go\.(?:mod|work)|malformed (?:module|import) path/,
    code: 'GO_MOD_INVALID',
    hint: fixed('The line is named above: mend it, or let go mod edit write it.'),
  },
  {
    sign: /build constraints exclude all Go files/,
    code: 'NO_FILES_FOR_TARGET',
    hint: fixed('Its files are for other systems, or need CGO or a build tag: set targets, tags or cgo accordingly.'),
  },
  {
    sign: /no (?:non-test )?Go files in/,
    code: 'NO_MAIN_PACKAGE',
    hint: fixed('Set packages to the import paths or folders of programs, e.g. ./cmd/...'),
  },
  { sign: /go\.mod file not found/, code: 'NO_MODULE', hint: fixed('Set working-directory to the folder of go.mod.') },
  {
    sign: /failed to initialize build cache|could not create module cache|permission denied/,
    code: 'DISK',
    hint: ({ go }) =>
      `This user must be able to write GOCACHE (${go.settings.GOCACHE}), GOMODCACHE (${go.settings.GOMODCACHE}) and ${go.env['GOTMPDIR'] || tmpdir()}.`,
  },
];

/** Where a call of go writes. */
export function placesOf({ go, directory }: Pick<Found, 'go' | 'directory'>): Place[] {
  return [
    ['output', join(directory, outputFolder)],
    ['GOCACHE', go.settings.GOCACHE],
    ['GOMODCACHE', go.settings.GOMODCACHE],
    ['temporary files', go.env['GOTMPDIR'] || tmpdir()],
  ];
}

function privateAdvice({ go, text, imported }: Found): string {
  const module = /([\w.-]+\.[\w-]+(?:\/[\w.~!-]+)+)@v\d/.exec(text)?.[1] ?? imported;
  const known = go.env['GOPRIVATE'] ? ` GOPRIVATE is ${go.env['GOPRIVATE']}.` : '';
  return `Is ${module ?? 'it'} private? Then set goprivate (e.g. ${module ?? 'HOST/OWNER/*'}) and private-token to a token that may read it.${known} Else check the name, the version and GOPROXY (${bareProxies(go.settings.GOPROXY)}).`;
}
