// The checks of `slipway doctor`, as the table of its page.
import { table } from './tables.mjs';

const headings = { repository: 'Of the repository and slipway.yml', host: 'Of each host', cluster: 'In the cluster' };

/** @param checks the registry, described */
export function checksTables(checks) {
  return Object.keys(headings)
    .map(family => [headings[family], checks.filter(one => one.family === family)])
    .filter(([, own]) => own.length > 0)
    .map(([heading, own]) => {
      const rows = own.map(({ id, level, title, reason, fix }) => [`\`${id}\``, level, title, reason, fix]);
      return `### ${heading}\n\n${table(['Check', 'Level', 'What it means', 'Why', 'What to do'], rows)}\n`;
    })
    .join('\n');
}
