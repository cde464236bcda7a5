import type { Series } from './series.ts';

/** Labels that say who scraped a pod, not what was counted. */
const scrapers = ['job', 'instance', 'endpoint', 'prometheus', 'prometheus_replica', 'replica', 'receive_replica'];

/** Who scraped a series: `instance=10.0.0.7:8080 job=pods`. */
export function scraperOf({ labels }: Series): string {
  return scrapers
    .filter(label => label in labels)
    .map(label => `${label}=${labels[label]}`)
    .join(' ');
}

/** Everybody that scraped these series, in order: a pod that has two would be counted twice. */
export function scrapersOf(series: readonly Series[]): string[] {
  return [...new Set(series.map(scraperOf))].sort();
}
