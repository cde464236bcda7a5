import { SlipwayError } from '../core/errors.ts';
import { didYouMean } from '../core/suggest.ts';
import { formatDuration, parseDuration } from '../core/units.ts';
import { yaml } from '../core/values.ts';
import type { Steps } from './steps.ts';

/** What is asked for: users' requests are copied to the new release before any user is on it. */
interface Asked {
  /** How many of a hundred requests are copied. */
  readonly percent?: number;
  /** Milliseconds. */
  readonly duration?: number;
}

/** The same, with what other inputs fill in. */
export type Mirror = Required<Asked>;

const keys = ['percent', 'duration'];

/** The input of the step before any user's. */
export const mirrorInputs = {
  mirror: {
    description:
      'Copy users’ requests to the new release, as the step at 0 %, and go on to the first user only when its metrics are good: how long, e.g. `30s`, or `{percent: 20, duration: 1m}` (default: the share of the first step above 0, and `step-duration`). With `router: traefik`, `gateway` or `istio`, and with `metrics`. Requests with side effects are done twice: see “Mirrored requests” below.',
    value: yaml(
      'a duration such as 30s, or {percent: 20, duration: 1m}',
      {
        oneOf: [
          { type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' },
          {
            type: 'object',
            properties: { percent: { type: 'integer', minimum: 1, maximum: 100 }, duration: { type: 'string' } },
            additionalProperties: false,
          },
        ],
      },
      parseMirror,
    ),
  },
} as const;

/** @throws SlipwayError MIRROR_INVALID */
export function parseMirror(data: unknown): Asked {
  if (typeof data === 'string') return { duration: durationOf(data) };
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw wrong(`${JSON.stringify(data)} is neither a duration with its unit nor a map`);
  const given = data as Record<string, unknown>;
  const unknown = Object.keys(given).find(key => !keys.includes(key));
  if (unknown !== undefined) throw wrong(`"${unknown}" is no key of it${didYouMean(unknown, keys)}`);
  const { percent, duration } = given;
  return {
    ...(percent === undefined ? {} : { percent: percentOf(percent) }),
    ...(duration === undefined ? {} : { duration: durationOf(duration) }),
  };
}

/** Without a percentage of its own the copies are as many as the first users' requests will be: as many pods can take them. */
export function resolveMirror({ percent, duration }: Asked, steps: Steps, stepDuration: number): Mirror {
  return { percent: percent ?? steps.find(step => step > 0)!, duration: duration ?? stepDuration };
}

/** `50 % for 30s`. */
export function mirrorText({ percent, duration }: Mirror): string {
  return `${percent} % for ${formatDuration(duration)}`;
}

function percentOf(given: unknown): number {
  // the Gateway API and Traefik have whole numbers only
  if (Number.isInteger(given) && Number(given) >= 1 && Number(given) <= 100) return Number(given);
  throw wrong(`"percent" is ${JSON.stringify(given)}; allowed: a whole number from 1 to 100`);
}

function durationOf(given: unknown): number {
  const milliseconds = typeof given === 'string' ? parseDuration(given) : 0;
  if (milliseconds > 0) return milliseconds;
  throw wrong(`${JSON.stringify(given)} is no duration above 0 with its unit`);
}

function wrong(message: string): SlipwayError {
  return new SlipwayError('MIRROR_INVALID', `mirror: ${message}`, {
    hint: 'Write how long, such as 30s, or {percent: 20, duration: 1m}.',
  });
}
