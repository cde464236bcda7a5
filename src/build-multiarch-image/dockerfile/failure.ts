import { SlipwayError } from '../../core/errors.ts';

/** What broke a build, for the person who reads the log. */
export interface BuildFailure {
  /** `Dockerfile:3: [build 3/4] RUN go test ./...`, as far as the engine tells. */
  readonly step: string | undefined;
  readonly reason: string;
  /** The last lines that the step printed. */
  readonly output: readonly string[];
}

const shown = 20;

/** Reads the failing step out of BuildKit's plain progress. */
export function readBuildx(lines: readonly string[]): BuildFailure {
  const at = lines.findIndex(line => /^ > \[.*:$/.test(line));
  const end = lines.findIndex((line, index) => index > at && line.startsWith('------'));
  const place = lines.findLast(line => /^[^\s:#][^:]*:\d+$/.test(line));
  const error = lines.findLast(line => line.startsWith('ERROR: ')) ?? lines.at(-1) ?? '';
  const reason = error.replace(/^ERROR: (failed to build: )?(failed to solve: )?/, '');
  if (at < 0) return { step: undefined, reason, output: lines.slice(-shown) };
  const step = lines[at]!.slice(' > '.length, -1);
  return {
    step: place === undefined ? step : `${place}: ${step}`,
    reason,
    output: lines.slice(at + 1, end < 0 ? undefined : end).slice(-shown),
  };
}

/** Reads the failing step out of what buildah prints; one of several platforms is enough. */
export function readBuildah(lines: readonly string[]): BuildFailure {
  const error = lines.findIndex(line => /^(Error|error):? /.test(line));
  const told =
    lines.slice(Math.max(error, 0)).find(line => line.includes('building at STEP')) ??
    lines[error] ??
    lines.at(-1) ??
    '';
  const [, reason = told.replace(/^\W*(Error:)?\s*/, '')] = /building at STEP ".*": (.*)$/.exec(told) ?? [];
  const begun = lines.slice(0, error < 0 ? undefined : error).findLastIndex(line => /STEP \d+\/\d+:/.test(line));
  const named = /building at STEP "(.*?)":/.exec(told)?.[1];
  return {
    step: named ?? /STEP \d+\/\d+: .*/.exec(lines[begun] ?? '')?.[0],
    reason,
    output: lines.slice(begun + 1, error < 0 ? undefined : error).slice(-shown),
  };
}

/** The error of a build; its first line says step and reason, the step's output follows. */
export function buildFailed(engine: string, failure: BuildFailure, cause: unknown): SlipwayError {
  const { step, reason, output } = failure;
  const login = /unauthorized|denied|authentication required|\b40[13]\b/i.test(reason);
  return new SlipwayError(
    'BUILD_FAILED',
    [`${engine} failed${step === undefined ? '' : ` at ${step}`}: ${reason}`, ...output].join('\n'),
    {
      hint: login
        ? `Base images are pulled by ${engine} itself: log in before, with \`docker login\` or \`buildah login\`.`
        : 'The output of all steps stands above.',
      cause,
    },
  );
}
