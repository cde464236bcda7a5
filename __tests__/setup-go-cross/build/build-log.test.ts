import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { SlipwayError } from '../../../src/core/errors.ts';
import { BuildLog, Transcript } from '../../../src/setup-go-cross/build/build-log.ts';
import { allByHand, byHand } from '../../../src/setup-go-cross/build/by-hand.ts';
import type { Built } from '../../../src/setup-go-cross/build/execute.ts';
import { warnOfLarge, warnOfSlow } from '../../../src/setup-go-cross/build/pgo.ts';
import type { Build } from '../../../src/setup-go-cross/build/plan.ts';
import type { Go } from '../../../src/setup-go-cross/environment.ts';

const main = { path: 'example.com/hello', name: 'hello', module: 'example.com/hello', directory: '/w' };
const build: Build = {
  package: main,
  target: { os: 'linux', arch: 'amd64' },
  output: '/w/slipway-out/hello',
  env: { CGO_ENABLED: '0' },
  flags: ['-trimpath'],
};
const go = (env: NodeJS.ProcessEnv, settings: object): Go =>
  ({ version: '1.26.8', env, settings: { GOFLAGS: '', GOWORK: '', ...settings } }) as Go;

describe('what go build -v prints', () => {
  test('packages are counted, the rest is kept', () => {
    const transcript = new Transcript('hello linux/amd64', 'go build');
    const lines = [
      'internal/cpu',
      'example.com/hello/v2',
      '# example.com/hello',
      './x.go:1:2: bad',
      'go: downloading x v1',
    ];
    for (const line of lines) transcript.add(line);
    expect(transcript).toMatchObject({ compiled: 2, lines: lines.slice(2), text: ['go build', ...lines.slice(2)] });
  });

  test('the error is without the packages', () => {
    const transcript = new Transcript('hello linux/amd64', 'go build');
    for (const line of ['internal/cpu', './x.go:1:2: bad']) transcript.add(line);
    const cause = { code: 1, stdout: '', stderr: 'internal/cpu\n./x.go:1:2: bad\n' };
    const cleaned = transcript.cleaned(new SlipwayError('PROCESS_FAILED', 'internal/cpu', { cause })) as SlipwayError;
    expect(cleaned).toMatchObject({ code: 'PROCESS_FAILED', message: 'go build exited with code 1: ./x.go:1:2: bad' });
    const other = new SlipwayError('DEADLINE', 'too long');
    expect(transcript.cleaned(other)).toBe(other);
  });
});

describe('the log of builds side by side', () => {
  let said: string;
  beforeEach(() => {
    said = '';
    jest.useFakeTimers();
    jest.spyOn(process.stdout, 'write').mockImplementation(text => {
      said += text;
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });
  const newSaid = () => {
    const lines = said.split('\n').slice(0, -1);
    said = '';
    return lines;
  };
  const newLog = (annotations: boolean) => new BuildLog({ total: 2, directory: '/w', annotations });

  test('a line each 15 seconds says what is built; each group is whole', () => {
    {
      using log = newLog(true);
      const [one, two] = [log.begin('a linux/386', 'go build a'), log.begin('b linux/386', 'go build b')];
      one.add('fmt');
      jest.advanceTimersByTime(15_000);
      expect(newSaid()).toEqual([
        'building 2 programs',
        '0 of 2 built after 15s; now a linux/386 (1 package compiled), b linux/386 (0 packages compiled)',
      ]);
      two.add('go: downloading x v1');
      log.finished(two, '1 MB in 15s', 'sha256 x');
      expect(newSaid()).toEqual([
        '::group::b linux/386: 1 MB in 15s (1 of 2)',
        'go build b',
        'go: downloading x v1',
        'sha256 x',
        '::endgroup::',
      ]);
    }
    jest.advanceTimersByTime(60_000);
    expect(newSaid()).toEqual([]);
  });

  test.each([true, false])(
    'a failed build: its group, and with annotations %s its errors, once for all targets',
    on => {
      using log = newLog(on);
      const all = ['a linux/386', 'a linux/arm64', 'a linux/amd64'].map(title => log.begin(title, 'go build a'));
      for (const transcript of all) transcript.add('./x.go:1:2: bad');
      log.failed(all[0]!, false);
      log.failed(all[1]!, false);
      log.failed(all[2]!, true); // ended because the others failed
      const lines = newSaid();
      expect(lines.filter(line => line.startsWith('::group::'))).toEqual([
        expect.stringMatching(/^::group::a linux\/386: failed after /),
        expect.stringMatching(/^::group::a linux\/arm64: failed after /),
      ]);
      expect(lines.filter(line => line.startsWith('::error '))).toHaveLength(on ? 1 : 0);
    },
  );
});

describe('the line by hand', () => {
  test('names the toolchain and empties the GOFLAGS of the reader', () => {
    expect(byHand(build, go({}, {}), '/w')).toBe(
      'GOTOOLCHAIN=go1.26.8 GOFLAGS= CGO_ENABLED=0 go build -trimpath -o slipway-out/hello example.com/hello',
    );
  });
  test('keeps what changes the bytes', () => {
    const line = byHand(build, go({ GOEXPERIMENT: 'jsonv2' }, { GOFLAGS: '-mod=mod -pgo=off', GOWORK: 'off' }), '/w');
    expect(line).toMatch(
      /^GOTOOLCHAIN=\S+ GOFLAGS='-mod=mod -pgo=off' GOEXPERIMENT=jsonv2 GOWORK=off CGO_ENABLED=0 go/,
    );
  });
  test('git ignores what the lines write', () => {
    const elsewhere = { ...build, output: "/w/out/it's" };
    expect(allByHand([build, build, elsewhere], go({}, {}), '/w')[0]).toBe(
      `printf '%s\\n' slipway-out/ 'it'\\''s' >> "$(git rev-parse --git-path info/exclude)"`,
    );
  });
});

describe('default.pgo', () => {
  const profile = (size: number) => [{ main, path: '/w/default.pgo', size }];
  const built = (seconds: number) =>
    [{ build, span: { name: '', start: 0, end: seconds * 1000 } }] as unknown as Built[];
  const said = (warn: (write: (text: string) => void) => void): string[] => {
    const lines: string[] = [];
    warn(text => lines.push(text));
    return lines;
  };
  test.each([
    [999_999, 0],
    [1_000_000, 1],
  ])('of %i bytes is warned of before the build %i times', (size, times) => {
    expect(said(write => warnOfLarge(profile(size), write))).toHaveLength(times);
  });
  test.each([
    [100_000, 119, 0],
    [100_000, 120, 1],
    [2_000_000, 500, 0],
  ])('of %i bytes is warned of after %i seconds %i times: one warning is enough', (size, seconds, times) => {
    const lines = said(write => warnOfSlow(profile(size), built(seconds), write));
    expect(lines).toHaveLength(times);
    if (times > 0) expect(lines[0]).toMatch(/hello took 2m0s, .*\(100\.0 kB\).*GOFLAGS=-pgo=off/);
  });
});
