import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SlipwayError } from '../../../src/core/errors.ts';
import { explainGo } from '../../../src/setup-go-cross/build/explain-go.ts';
import type { Go } from '../../../src/setup-go-cross/environment.ts';

let directory: string;
let go: Go;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-explain-'));
  writeFileSync(join(directory, 'main.go'), 'package main\n\nimport "git.test/acme/priv.git"\n');
  const settings = {
    GOVERSION: 'go1.26.8',
    GOROOT: '/go',
    GOPATH: '/p',
    GOMODCACHE: directory,
    GOCACHE: directory,
    GOFLAGS: '',
    GOPROXY: 'https://ada:hush@proxy.test/x,direct',
    GOEXPERIMENT: '',
    GOSUMDB: '',
    GOMOD: '',
    GOWORK: '',
  };
  go = {
    version: '1.26.8',
    program: '/go/bin/go',
    goroot: '/go',
    env: { GOPRIVATE: 'git.test' },
    settings,
    networkTimeout: 1,
  };
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const explain = (stderr: string) => {
  const cause = { code: 1, stdout: '', stderr };
  const failed = new SlipwayError('PROCESS_FAILED', 'go build exited with code 1', { cause });
  return explainGo(failed, 'building hello linux/amd64', go, directory) as SlipwayError;
};

// What go 1.26 and git print, word for word.
const cases: { printed: string; code: string; hint: string }[] = [
  {
    printed: 'go: go.mod requires go >= 1.99.0 (running go 1.26.8; GOTOOLCHAIN=local)',
    code: 'GO_TOO_OLD',
    hint: 'Set go-version to 1.99.0',
  },
  {
    printed: 'go: example.com/dep@v1.0.0 requires go >= 1.28 (running go 1.26.8; GOTOOLCHAIN=local)',
    code: 'GO_TOO_OLD',
    hint: 'Set go-version to 1.28',
  },
  {
    printed:
      "go: git.test/acme/x@v1.0.0: invalid version: git ls-remote -q origin in /c/vcs/0: exit status 128:\n\tfatal: could not read Username for 'https://git.test': terminal prompts disabled\nConfirm the import path was entered correctly.",
    code: 'MODULE_UNAVAILABLE',
    hint: 'Is git.test/acme/x private? Then set goprivate (e.g. git.test/acme/x) and private-token',
  },
  {
    printed: 'main.go:3:8: no secure protocol found for repository',
    code: 'MODULE_UNAVAILABLE',
    hint: 'Is git.test/acme/priv.git private?',
  },
  {
    printed: "fatal: repository 'https://git.test/acme/x/' not found",
    code: 'MODULE_UNAVAILABLE',
    hint: 'private-token to a token that may read it. GOPRIVATE is git.test.',
  },
  {
    printed: 'go: git.test/a/b@v1.0.0: reading https://proxy.test/git.test/a/b/@v/v1.0.0.zip: 403 Forbidden',
    code: 'MODULE_UNAVAILABLE',
    hint: 'git.test/a/b private?',
  },
  {
    printed:
      'main.go:3:8: example.com/a/b@v1.0.0: Get "https://proxy.test/a": dial tcp: lookup proxy.test: no such host',
    code: 'MODULE_PROXY_FAILED',
    hint: 'GOPROXY is https://proxy.test/x,direct',
  },
  {
    printed: 'go: downloading example.com/dep v1.0.0\nmain.go:3:8: zip: not a valid zip file',
    code: 'MODULE_UNREADABLE',
    hint: 'something else than example.com/dep@v1.0.0',
  },
  {
    printed: 'error obtaining VCS status: exit status 128\n\tUse -buildvcs=false to disable VCS stamping.',
    code: 'GIT_DUBIOUS_OWNERSHIP',
    hint: 'git config --global --add safe.directory',
  },
  { printed: 'write /t/a: no space left on device', code: 'DISK', hint: 'GOCACHE (' },
  {
    printed: 'failed to initialize build cache at /c: mkdir /c: permission denied',
    code: 'DISK',
    hint: 'able to write GOCACHE',
  },
  { printed: 'go: go.mod file not found in current directory', code: 'NO_MODULE', hint: 'working-directory' },
  { printed: '# example.com/hello\n./main.go:3:1: undefined: x', code: 'GO_FAILED', hint: 'What the go command said' },
];
test.each(cases)('$code: $printed', ({ printed, code, hint }) => {
  const error = explain(printed);
  expect(error.code).toBe(code);
  expect(error.hint).toContain(hint);
  expect(`${error.message} ${error.hint}`).not.toContain('hush');
});

test('the first line is the error, not the progress before it', () => {
  const { message } = explain('go: downloading a.b/c v1.0.0\n# example.com/hello\n./main.go:3:1: undefined: x\n');
  expect(message).toBe('building hello linux/amd64: ./main.go:3:1: undefined: x');
});

test('what is no failure of go stays as it is', () => {
  const cancelled = new SlipwayError('CANCELLED', 'by SIGINT');
  expect(explainGo(cancelled, 'building', go, directory)).toBe(cancelled);
});
