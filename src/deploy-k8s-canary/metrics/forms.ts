import { SlipwayError } from '../../core/errors.ts';
import { parseSelector, type Selector } from '../../core/prometheus-selector.ts';
import { exceedanceTolerance } from '../../core/statistics/index.ts';
import { didYouMean } from '../../core/suggest.ts';
import { parseDuration } from '../../core/units.ts';
import { yaml } from '../../core/values.ts';

/** What users' requests are judged by, as the input says it. */
export type MetricForm = RatioForm | LatencyForm;

interface Named {
  readonly name: string;
  /** Share of bad ones that is acceptable whatever the old release does. Default: the input `tolerance`. */
  readonly tolerance?: number;
}

/** Two counters: so many (`numerator`) of all (`denominator`). */
export interface RatioForm extends Named {
  readonly kind: 'ratio';
  readonly numerator: Selector;
  readonly denominator: Selector;
  readonly better: 'lower' | 'higher';
}

/** How many requests took longer than a bound of the histogram: a given one, or the one at a quantile of the old release. */
export interface LatencyForm extends Named {
  readonly kind: 'latency';
  /** The histogram without `_bucket`. */
  readonly histogram: Selector;
  /** Seconds. */
  readonly threshold?: number;
  readonly quantile?: number;
}

const requests = 'http_requests_total';
const durations = 'http_request_duration_seconds';
const quantiles = [0.95, 0.99];

const builtIn: Readonly<Record<string, () => MetricForm[]>> = {
  errors: () => [
    {
      kind: 'ratio',
      name: 'errors',
      numerator: parseSelector(`${requests}{code=~"5.."}`),
      denominator: parseSelector(requests),
      better: 'lower',
    },
  ],
  latency: () => quantiles.map(quantile => latencyOf('latency', parseSelector(durations), { quantile })),
};

const keys = ['name', 'numerator', 'denominator', 'better', 'tolerance', 'histogram', 'threshold', 'quantile'];
const example = '- name: checkout\n  numerator: checkout_failed_total\n  denominator: checkout_total\n  better: lower';

/** The input `metrics`. */
export const metrics = yaml('a list of errors, latency and own metrics', { type: ['array', 'string'] }, parseMetrics);

/** @throws SlipwayError METRICS_INVALID, which names the item */
export function parseMetrics(data: unknown): MetricForm[] {
  const items = data === null || data === undefined ? [] : Array.isArray(data) ? data : [data];
  const forms = items.flatMap((item: unknown, index) => {
    try {
      return typeof item === 'string' ? wordOf(item) : itemOf(item);
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      throw wrong(`metrics[${index}]: ${error.message}`, error.hint);
    }
  });
  const twice = forms.find((one, index) => forms.findIndex(({ name }) => name === one.name) !== index);
  if (twice !== undefined) throw wrong(`two metrics are called "${twice.name}"`);
  return forms;
}

function wordOf(word: string): MetricForm[] {
  const make = builtIn[word.trim()];
  if (make !== undefined) return make();
  throw wrong(`"${word}" is no metric that is known here${didYouMean(word, Object.keys(builtIn))}`);
}

function itemOf(item: unknown): MetricForm[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw wrong('it is neither a word nor a map');
  const given = item as Record<string, unknown>;
  const unknown = Object.keys(given).find(key => !keys.includes(key));
  if (unknown !== undefined) throw wrong(`"${unknown}" is no key of a metric${didYouMean(unknown, keys)}`);
  const name = textOf(given, 'name');
  if (name === undefined) throw wrong('"name" is missing');
  const tolerance = shareOf(given, 'tolerance');
  const own = { name, ...(tolerance === undefined ? {} : { tolerance }) };
  const histogram = textOf(given, 'histogram');
  if (histogram !== undefined) return latencyForms(own, parseSelector(histogram), given);
  const [numerator, denominator] = [textOf(given, 'numerator'), textOf(given, 'denominator')];
  const better = given['better'];
  if (numerator === undefined || denominator === undefined)
    throw wrong('it needs "numerator" and "denominator", or "histogram"');
  if (better !== 'lower' && better !== 'higher')
    throw wrong(`"better" is ${JSON.stringify(better)}; allowed: lower (the numerator counts what is bad) or higher`);
  const [counted, all] = [parseSelector(numerator), parseSelector(denominator)];
  return [{ kind: 'ratio', ...own, numerator: counted, denominator: all, better }];
}

function latencyForms(own: Named, given: Selector, item: Record<string, unknown>): LatencyForm[] {
  const histogram = { ...given, metric: given.metric.replace(/_bucket$/, '') };
  const foreign = ['numerator', 'denominator', 'better'].find(key => key in item);
  if (foreign !== undefined) throw wrong(`"${foreign}" does not go with "histogram"`);
  const threshold = textOf(item, 'threshold');
  const quantile = shareOf(item, 'quantile');
  if (threshold !== undefined && quantile !== undefined) throw wrong('it has both "threshold" and "quantile"');
  if (threshold !== undefined)
    return [{ kind: 'latency', ...own, histogram, threshold: parseDuration(threshold) / 1000 }];
  const wanted = quantile === undefined ? quantiles : [quantile];
  return wanted.map(one => ({
    ...latencyOf(own.name, histogram, { quantile: one }),
    ...(own.tolerance === undefined ? {} : { tolerance: own.tolerance }),
  }));
}

function latencyOf(name: string, histogram: Selector, { quantile }: { quantile: number }): LatencyForm {
  const percentile = Number((quantile * 100).toPrecision(12));
  const tolerance = exceedanceTolerance(quantile);
  return { kind: 'latency', name: `${name} P${percentile}`, histogram, quantile, tolerance };
}

function textOf(item: Record<string, unknown>, key: string): string | undefined {
  const value = item[key];
  if (value === undefined || (typeof value === 'string' && value.trim() !== '')) return value;
  throw wrong(`"${key}" is ${JSON.stringify(value)}, not text`);
}

function shareOf(item: Record<string, unknown>, key: string): number | undefined {
  const value = item[key];
  if (value === undefined || (typeof value === 'number' && value > 0 && value < 1)) return value;
  throw wrong(`"${key}" is ${JSON.stringify(value)}; allowed: a number between 0 and 1`);
}

function wrong(
  message: string,
  hint = `Write \`errors\`, \`latency\`, or a metric of your own:\n${example}`,
): SlipwayError {
  return new SlipwayError('METRICS_INVALID', message, { hint });
}
