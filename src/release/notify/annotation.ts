import { linesOf, titleOf } from './lines.ts';
import type { News } from './news.ts';

/**
 * Where Grafana takes annotations, below the address that people open.
 * Source: Grafana, "Annotations HTTP API", POST /api/annotations.
 */
export const annotationsOf = (grafana: URL): URL =>
  new URL('api/annotations', grafana.href.endsWith('/') ? grafana : `${grafana.href}/`);

/** A span on every dashboard that shows its tags, from the beginning of the run to its end. */
export function annotation(news: News): object {
  const { service, environment, event, started, at } = news;
  const text = [titleOf(news), ...linesOf(news).map(([name, value]) => `${name}: ${value}`)];
  return {
    time: Date.parse(started),
    timeEnd: Date.parse(at),
    tags: ['slipway', service, environment, event].filter(tag => tag !== undefined),
    text: text.map(escaped).join('<br>'),
  };
}

/** Grafana shows HTML. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
