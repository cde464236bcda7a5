import { SlipwayError } from '../../core/errors.ts';
import { headerMap, headerValue, type Item } from '../../core/health/forms/readers.ts';
import { parseUrl } from '../../core/health/forms/url.ts';
import { located } from '../../core/health/located.ts';
import { isMap } from '../../core/is-map.ts';
import { didYouMean } from '../../core/suggest.ts';
import { parseDuration } from '../../core/units.ts';
import { yaml } from '../../core/values.ts';

/** A rate of errors in two windows that are both above it: the long one says that it matters, the short one that it lasts. */
export interface BurnLimit {
  /** How many times as fast as the objective allows. */
  readonly rate: number;
  /** Milliseconds. */
  readonly long: number;
  readonly short: number;
}

/** A service level, and what of it is looked at. */
export interface Objective {
  readonly name: string;
  /** URL of Prometheus. */
  readonly prometheus: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Queries of how many there were in `$window`. */
  readonly errors: string;
  readonly total: string;
  /** 0.999 for 99.9%; undefined where only `compare` is asked for. */
  readonly target?: number;
  readonly burn: readonly BurnLimit[];
  /** Milliseconds in which the errors that the target allows must not be used up. */
  readonly budget?: number;
  /** Milliseconds before and after the release whose error rates are compared. */
  readonly compare?: number;
  /** How many times the error rate before is still no harm. */
  readonly margin: number;
}

/** The pairs that page in the SRE workbook, chapter 5. https://sre.google/workbook/alerting-on-slos/ */
const usual = ['14.4 over 1h and 5m', '6 over 6h and 30m'];

const keys = ['name', 'prometheus', 'headers', 'errors', 'total', 'target', 'burn', 'budget', 'compare', 'margin'];

export const objectives = yaml<Objective[]>(
  'a YAML list of objectives with name, prometheus, errors, total, and target or compare',
  { type: 'array', items: { type: 'object', required: ['prometheus', 'errors', 'total'] } },
  data => {
    if (data === null || data === undefined) return [];
    if (!Array.isArray(data)) throw wrong('it is not a list');
    return data.map((item, index) => located(`objectives[${index}]`, () => objectiveOf(item)));
  },
);

function objectiveOf(item: unknown): Objective {
  if (!isMap(item)) throw wrong('it is not a map');
  const unknown = Object.keys(item).find(key => !keys.includes(key));
  if (unknown !== undefined) {
    throw wrong(`unknown key "${unknown}"${didYouMean(unknown, keys)}; allowed: ${keys.join(', ')}`);
  }
  const [errors, total] = [windowed(item, 'errors'), windowed(item, 'total')];
  const target = item['target'] === undefined ? undefined : share(item['target']);
  const compare = item['compare'] === undefined ? undefined : parseDuration(String(item['compare']));
  if (target === undefined && compare === undefined) {
    throw wrong('it has neither a "target" such as 99.9% nor "compare" such as 10m');
  }
  if (target === undefined && (item['burn'] ?? item['budget']) !== undefined) {
    throw wrong('"burn" and "budget" need a "target" such as 99.9%');
  }
  const margin = Number(item['margin'] ?? 3);
  if (!(margin > 1 && margin <= 100))
    throw wrong(`"margin" is ${JSON.stringify(item['margin'])}; allowed: above 1, to 100`);
  return {
    name: String(item['name'] ?? 'objective'),
    prometheus: parseUrl(String(item['prometheus'])).href,
    headers: item['headers'] === undefined ? {} : headerMap(headerValue).read(item['headers'], 'headers'),
    errors,
    total,
    burn: target === undefined ? [] : [item['burn'] ?? usual].flat().map(burnLimit),
    margin,
    ...(target === undefined ? {} : { target }),
    ...(item['budget'] === undefined ? {} : { budget: parseDuration(String(item['budget'])) }),
    ...(compare === undefined ? {} : { compare }),
  };
}

function windowed(item: Item, key: string): string {
  const query = item[key];
  if (typeof query !== 'string' || !query.includes('$window')) {
    throw wrong(`"${key}" is not a query with $window, such as sum(increase(http_requests_total[$window]))`);
  }
  return query;
}

/** `99.9%`. A bare number could be either. */
function share(text: unknown): number {
  const match = /^(\d{1,2}(?:\.\d+)?)%$/.exec(String(text).trim());
  if (match === null || Number(match[1]) === 0)
    throw wrong(`"target" is ${JSON.stringify(text)}; write a percentage below 100, such as 99.9%`);
  return Number((Number(match[1]) / 100).toPrecision(12)); // not 0.9990000000000001
}

/** `14.4 over 1h and 5m`. */
function burnLimit(text: unknown): BurnLimit {
  const match = /^(\d+(?:\.\d+)?) over (\S+) and (\S+)$/.exec(String(text).trim());
  if (match === null)
    throw wrong(`"burn" is ${JSON.stringify(text)}; write a rate and two windows: 14.4 over 1h and 5m`);
  const [one, other] = [parseDuration(match[2]!), parseDuration(match[3]!)];
  return { rate: Number(match[1]), long: Math.max(one, other), short: Math.min(one, other) };
}

function wrong(message: string): SlipwayError {
  return new SlipwayError('OBJECTIVE_INVALID', message, {
    hint: 'An objective has prometheus, errors and total (queries with $window), and target (99.9%) or compare (10m).',
  });
}
