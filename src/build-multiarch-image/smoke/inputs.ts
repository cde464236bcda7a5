import { SlipwayError } from '../../core/errors.ts';
import { hostOf } from '../../core/health/check.ts';
import { type NetworkCheck, parseChecks } from '../../core/health/index.ts';
import { duration, lines, mapped, pairs } from '../../core/values.ts';

/** How an image shows that it works. */
export interface SmokeTest {
  /** Each starts the image with these arguments, and must end with code 0; no arguments: as the image says. */
  readonly runs: readonly (readonly string[])[];
  /** What the running image must answer; one container serves all. */
  readonly checks: readonly NetworkCheck[];
}

const allowed =
  '`run [ARGUMENTS]` or checks of this machine such as http://127.0.0.1:8080/healthz 200 within 1s, one a line';

/** `run --version`, `run ["-config", "a b"]`, and checks in the form that health checks have everywhere. */
export function parseSmoke(items: readonly string[]): SmokeTest {
  const isRun = (item: string) => /^run(\s|$)/.test(item);
  const checks = parseChecks(items.filter(item => !isRun(item)).join('\n'));
  const away = checks.find(check => !loopback(check.kind === 'http' ? hostOf(check.url) : check.host));
  if (away !== undefined) {
    throw new SlipwayError('CHECK_INVALID', `"${away.name}" asks another machine`, {
      hint: 'The image runs on this one, in its network: ask 127.0.0.1 or localhost.',
    });
  }
  return { runs: items.filter(isRun).map(item => argumentsOf(item.slice('run'.length).trim())), checks };
}

function argumentsOf(text: string): string[] {
  if (!text.startsWith('[')) return text === '' ? [] : text.split(/\s+/);
  const parsed: unknown = JSON.parse(text);
  if (Array.isArray(parsed) && parsed.every(item => typeof item === 'string')) return parsed as string[];
  throw new SlipwayError('ARGV_INVALID', 'an argument is not a text');
}

function loopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}

export const smokeInputs = {
  smoke: {
    description:
      'Starts the pushed image on this machine before a tag is written (podman, or runc as root), in its network: `run [ARGUMENTS]` must end with code 0, a check such as `http://127.0.0.1:8080/healthz 200` must pass; one a line.',
    value: mapped(lines, allowed, parseSmoke),
    default: '',
  },
  'smoke-env': {
    description: 'Environment of the image while it is tested: `NAME=value`, one a line.',
    value: pairs,
    default: '',
  },
  'smoke-timeout': {
    description: 'How long each `run` may take, and the image until all checks pass.',
    value: duration,
    default: '30s',
  },
} as const;
