import { describe, expect, test } from '@jest/globals';
import { mustRun } from '../../../src/build-multiarch-image/dockerfile/emulation.ts';
import { neededStages, parseStages, placeOf } from '../../../src/build-multiarch-image/dockerfile/stages.ts';

const crossCompiling = `# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETARCH
RUN --mount=type=cache,target=/root/.cache \\
    # a comment in between
    GOARCH=$TARGETARCH \\
    go build -o /hello
FROM gcr.io/distroless/static
COPY --from=build /hello /hello
`;
const emulating = `FROM golang:1.26 as Build
RUN go build -o /hello
FROM scratch
COPY --from=build /hello /hello
`;

describe('stages of a Dockerfile', () => {
  test('names, platforms, RUN steps with their lines, and what is copied from where', () => {
    expect(parseStages(crossCompiling)).toEqual([
      {
        name: 'build',
        from: 'golang:1.26',
        platform: '$BUILDPLATFORM',
        runs: [{ line: 4, text: expect.stringMatching(/^RUN .*go build -o \/hello$/) }],
        uses: [],
      },
      { name: undefined, from: 'gcr.io/distroless/static', platform: undefined, runs: [], uses: ['build'] },
    ]);
  });

  test('the text of a heredoc is no instruction, a shift in a shell is no heredoc', () => {
    const text = 'FROM a\nRUN <<EOF\nFROM b\nRUN x\nEOF\nRUN echo $((1<<n))\nCOPY <<-X /y\n\tRUN z\n\tX\nRUN last\n';
    expect(parseStages(text).map(stage => stage.runs.map(run => run.line))).toEqual([[2, 6, 10]]);
  });

  test('another escape character', () => {
    expect(parseStages('# escape=`\nFROM a\nRUN x `\n  y\nRUN c:\\\nRUN z\n')[0]!.runs).toHaveLength(3);
  });

  test.each<[string, string, string | undefined, string[]]>([
    [
      'the last stage and what it needs',
      'FROM x AS a\nFROM x AS b\nFROM x AS c\nCOPY --from=a / /',
      undefined,
      ['c', 'a'],
    ],
    ['a target', 'FROM x AS a\nFROM a AS b\nFROM x AS c', 'b', ['b', 'a']],
    [
      'by number, and by a mount',
      'FROM x AS a\nFROM x AS b\nFROM x AS c\nCOPY --from=0 / /\nRUN --mount=type=bind,from=b,target=/b x',
      undefined,
      ['c', 'a', 'b'],
    ],
  ])('%s', (_, text, target, names) => {
    expect(neededStages(parseStages(text), target).map(stage => stage.name)).toEqual(names);
  });

  test.each<[string, unknown]>([
    ['FROM x', 'target'],
    ['FROM --platform=$BUILDPLATFORM x', 'build'],
    ['FROM --platform=${BUILDPLATFORM} x AS a\nFROM a', 'build'],
    ['FROM --platform=$TARGETPLATFORM x', 'target'],
    ['FROM --platform=linux/arm64 x', { platform: 'linux/arm64' }],
    ['FROM --platform=$OTHER x', undefined],
  ])('%j runs on: %j', (text, place) => {
    const stages = parseStages(text);
    expect(placeOf(stages.at(-1)!, stages)).toEqual(place);
  });
});

describe('emulation', () => {
  const check = (text: string, wanted: string[], runnable = ['linux/amd64', 'linux/386']) =>
    mustRun({ path: 'Dockerfile', text, target: undefined }, wanted, runnable);

  test.each<[string, string, string[]]>([
    ['cross-compiling needs none', crossCompiling, ['linux/amd64', 'linux/arm64']],
    ['its own platform needs none', emulating, ['linux/amd64']],
    ['without RUN none is needed', 'FROM x\nCOPY a b', ['linux/arm64']],
    ['a stage that is not needed does not count', 'FROM x AS a\nRUN y\nFROM x', ['linux/arm64']],
  ])('%s', (_, text, wanted) => {
    expect(() => check(text, wanted)).not.toThrow();
  });

  test('what would be emulated and cannot be is named, with its line', () => {
    expect(() => check(emulating, ['linux/amd64', 'linux/arm64'])).toThrow(
      expect.objectContaining({
        code: 'PLATFORM_NOT_EMULATED',
        message: expect.stringMatching(/^Dockerfile:2: "RUN go build -o \/hello" would run on linux\/arm64,/),
        hint: expect.stringContaining('--platform=$BUILDPLATFORM'),
      }),
    );
  });

  test('what the builder emulates is fine, in whatever way it writes it', () => {
    expect(() => check(emulating, ['linux/arm64', 'linux/arm/v7'], ['linux/arm64/v8', 'linux/arm'])).not.toThrow();
  });
});
