import { expect, test } from '@jest/globals';
import { buildFailed, readBuildah, readBuildx } from '../../../src/build-multiarch-image/dockerfile/failure.ts';
import { describe as tell } from '../../../src/core/errors.ts';

// What BuildKit 0.33 and buildah 1.28 printed.
const buildx = `#4 [linux/amd64 first 1/2] COPY tool /tool
#4 CACHED
#5 [first 2/2] RUN ["/tool", "fail"]
#5 0.136 something is wrong here
#5 ERROR: process "/tool fail" did not complete successfully: exit code: 3
------
 > [first 2/2] RUN ["/tool", "fail"]:
0.136 something is wrong here
------
D.fail:3
--------------------
   1 |     FROM scratch AS first
   2 |     COPY tool /tool
   3 | >>> RUN ["/tool", "fail"]
--------------------
ERROR: failed to build: failed to solve: process "/tool fail" did not complete successfully: exit code: 3`.split('\n');

const buildah = `[linux/amd64] [1/2] STEP 1/3: FROM scratch AS first
[linux/amd64] [1/2] STEP 2/3: COPY tool /tool
[linux/amd64] [1/2] STEP 3/3: RUN ["/tool", "fail"]
something is wrong here
Error: 2 errors occurred:
	* building at STEP "RUN /tool fail": while running runtime: exit status 3
	* building at STEP "RUN /tool fail": while running runtime: exit status 3`.split('\n');

test('the failing step of BuildKit', () => {
  expect(readBuildx(buildx)).toEqual({
    step: 'D.fail:3: [first 2/2] RUN ["/tool", "fail"]',
    reason: 'process "/tool fail" did not complete successfully: exit code: 3',
    output: ['0.136 something is wrong here'],
  });
});

test('the failing step of buildah', () => {
  expect(readBuildah(buildah)).toEqual({
    step: 'RUN /tool fail',
    reason: 'while running runtime: exit status 3',
    output: ['something is wrong here'],
  });
});

test('a failure before any step', () => {
  expect(readBuildx(['ERROR: failed to build: no space left'])).toMatchObject({
    step: undefined,
    reason: 'no space left',
  });
  expect(readBuildah(['Error: no space left'])).toMatchObject({ step: undefined, reason: 'no space left' });
  expect(readBuildx([])).toMatchObject({ step: undefined, reason: '' });
});

test('the annotation has step and reason first, then what to do', () => {
  const [first, second] = tell(buildFailed('buildx', readBuildx(buildx), undefined)).split('\n');
  expect(first).toBe(
    'buildx failed at D.fail:3: [first 2/2] RUN ["/tool", "fail"]: process "/tool fail" did not complete successfully: exit code: 3 [BUILD_FAILED]',
  );
  expect(second).toContain('output of all steps');
  const denied = readBuildx(['ERROR: failed to solve: ghcr.io/a/b: 401 Unauthorized']);
  expect(tell(buildFailed('buildx', denied, undefined))).toContain('docker login');
});
