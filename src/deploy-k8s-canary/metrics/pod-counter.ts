import type { Count } from '../../core/statistics/index.ts';
import { groupOf } from './groups.ts';
import type { Measure } from './measure.ts';
import { scraperOf, scrapersOf } from './scraper.ts';
import { increase, type Series, valueAt } from './series.ts';

const never = Number.NEGATIVE_INFINITY;

/** What one pod counted between two scrapes, by group; `trouble` says why something is no evidence. */
export interface Counted {
  readonly groups: ReadonlyMap<string, Count>;
  readonly trouble?: string;
}

/**
 * One pod's raw counters of one metric, as differences from scrape to scrape. Nothing new (stale, empty, NaN) is undefined: no
 * evidence, which is not the same as no requests.
 */
export class PodCounter {
  readonly #measure: Measure;
  readonly #by: readonly string[];
  /** The value of each series at the last scrape; numerator and denominator may have series in common. */
  readonly #all = new Map<string, number>();
  readonly #some = new Map<string, number>();
  #at: number | undefined;
  #counting = false;
  #scraper: string | undefined;

  constructor(measure: Measure, by: readonly string[]) {
    this.#measure = measure;
    this.#by = by;
  }

  /**
   * @param denominator asked first, so that no numerator is of a scrape that is not known yet
   * @param counts whether the pod's requests count yet: those of its warm-up do not
   */
  add(denominator: readonly Series[], numerator: readonly Series[], counts: boolean): Counted | undefined {
    const scrapers = scrapersOf(denominator.filter(({ samples }) => samples.length > 0));
    const scraper = scrapers.find(one => one === this.#scraper) ?? scrapers[0];
    if (scraper !== this.#scraper) this.#beginAnew(scraper);
    const mine = (series: readonly Series[]) => series.filter(one => scraperOf(one) === scraper);
    const [all, some] = [mine(denominator), mine(numerator)];
    const until = Math.max(...all.map(({ samples }) => samples.at(-1)?.[0] ?? never));
    const from = this.#at;
    if (until <= (from ?? never)) return undefined;
    const [whole, part] = [this.#grown(all, this.#all, until), this.#grown(some, this.#some, until)];
    this.#at = until;
    const begun = this.#counting;
    this.#counting = counts;
    if (from === undefined || !begun || !counts) return undefined;
    const twice = scrapers.length < 2 ? '' : `it is scraped ${scrapers.length} times, only ${scraper} is counted`;
    const { groups, trouble } = this.#counted(whole, part, all);
    const said = trouble ?? twice;
    return { groups, ...(said === '' ? {} : { trouble: said }) };
  }

  /** Another scraper's series are other ones: they say nothing of what came before. */
  #beginAnew(scraper: string | undefined): void {
    if (scraper === undefined) return; // nothing is heard of the pod: it may come back
    this.#scraper = scraper;
    this.#all.clear();
    this.#some.clear();
    this.#at = undefined;
    this.#counting = false;
  }

  /** How much each group grew. A series that was not there at the scrape before began at 0. */
  #grown(series: readonly Series[], last: Map<string, number>, until: number): Map<string, number> {
    const from = this.#at ?? until;
    const groups = new Map<string, number>();
    for (const one of series) {
      const key = JSON.stringify(Object.entries(one.labels).sort());
      const before = last.get(key) ?? valueAt(one, from) ?? 0;
      const group = groupOf(one.labels, this.#by);
      groups.set(group, (groups.get(group) ?? 0) + increase(before, one.samples, from, until));
      const now = valueAt(one, until);
      if (now !== undefined) last.set(key, now);
    }
    return groups;
  }

  #counted(
    whole: ReadonlyMap<string, number>,
    part: ReadonlyMap<string, number>,
    all: readonly Series[],
  ): { groups: Map<string, Count>; trouble?: string } {
    const { absentIsZero, labels } = this.#measure;
    const missing = labels.find(label => !all.some(one => label in one.labels));
    const groups = new Map<string, Count>();
    let trouble: string | undefined;
    for (const [group, requests] of whole) {
      const errors = part.get(group) ?? (absentIsZero && missing === undefined ? 0 : undefined);
      if (errors === undefined) {
        trouble = missing === undefined ? 'its numerator has no series' : `its series have no label "${missing}"`;
        continue;
      }
      groups.set(group, { requests, errors });
    }
    return { groups, ...(trouble === undefined ? {} : { trouble }) };
  }
}
