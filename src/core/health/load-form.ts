import { SlipwayError } from '../errors.ts';
import { formatDuration, parseDuration } from '../units.ts';

/** Smoke-level traffic after a check has passed: `100/s for 10s`. */
export interface Load {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** This is for smoke, not for breaking things. */
const [mostRate, mostRequests] = [1000, 100_000];

export function parseLoad(text: string): Load {
  const match = /^(\d+(?:\.\d+)?)\/s for (\S+)$/.exec(text.trim());
  const hint = `Write requests a second and a time: 100/s for 10s; at most ${mostRate}/s and ${mostRequests} requests.`;
  if (match === null) throw new SlipwayError('LOAD_INVALID', `"${text}" is not a load`, { hint });
  const load = { rate: Number(match[1]), duration: parseDuration(match[2]!) };
  const requests = (load.rate * load.duration) / 1000;
  if (load.rate > mostRate || requests > mostRequests || requests < 1) {
    throw new SlipwayError('LOAD_INVALID', `"${text}" is ${Math.round(requests)} requests`, { hint });
  }
  return load;
}

export function formatLoad({ rate, duration }: Load): string {
  return `${rate}/s for ${formatDuration(duration)}`;
}
