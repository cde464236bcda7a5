// What `npm run bench -- gate` counted, as the table of a README.
import { table } from './tables.mjs';

/** @param results bench/results/gate-*.json, parsed; those that there are */
export function gateTable(results) {
  if (results.length === 0) return 'Not counted yet: `npm run bench -- gate`.';
  const releases = results.flatMap(({ part, samples }) =>
    samples.releases.map(one => ({ ...one, what: part.split('-')[0] })),
  );
  const kinds = [...new Map(releases.map(one => [one.kind, one.what]))];
  const cells = list =>
    ['with', 'without'].flatMap(way => ['stopped', 'rolled back', 'served'].map(how => number(list, way, how)));
  const rows = ['bad', 'good'].flatMap(what => {
    const all = releases.filter(one => one.what === what);
    if (all.length === 0) return [];
    return [
      [`**all that are ${what}**`, all.length, ...cells(all)],
      ...kinds
        .filter(([, of]) => of === what)
        .map(([kind]) => {
          const own = all.filter(one => one.kind === kind);
          return [kind, own.length, ...cells(own)];
        }),
    ];
  });
  const head = ['Release', '', 'Checks: stopped', 'taken back', 'serves', 'None: stopped', 'taken back', 'serves'];
  const { date, machine } = results.at(-1);
  return [
    table(head, rows),
    '',
    ...verdict(releases),
    `\`npm run bench -- gate\`, ${date.slice(0, 10)}, ${machine.cores} cores, two to four services at a time on one host; the same releases, from one seed, both ways.`,
  ].join('\n');
}

/** What was not met, if anything. */
function verdict(releases) {
  const [bad, good] = ['bad', 'good'].map(what => releases.filter(one => one.what === what));
  const stopped = number(bad, 'with', 'stopped');
  const missed = [
    stopped < bad.length * 0.6 && `- Missed: ${stopped} of ${bad.length} stopped before the switch (60 %).`,
    stopped + number(bad, 'with', 'rolled back') < bad.length && '- Missed: all bad ones stopped or taken back.',
    number(good, 'with', 'served') < good.length * 0.99 && '- Missed: at most 1 % of the good ones stopped.',
    bad.length < 200 && `- ${bad.length} of 200 bad releases.`,
    good.length < 200 && `- ${good.length} of 200 good releases.`,
  ].filter(Boolean);
  return missed.length === 0 ? [] : [...missed, ''];
}

function number(list, way, how) {
  return list.filter(one => one[way].how === how).length;
}
