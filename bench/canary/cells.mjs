// The simulated releases, as in the field: rates of errors of the old and the new release at so many requests a second.
import { ours } from './ours.mjs';
import { argo, flagger, kayenta, peekedZ } from './peers.mjs';

const slipway = 'ours';
export const peers = {
  'Flagger, threshold 5': () => flagger(5),
  'Argo, limit 0': () => argo(0),
  'Argo, limit 3': () => argo(3),
  Kayenta: kayenta,
  'peeked z-test': peekedZ,
};
const beside = { ...peers, [slipway]: ours() };
const corrections = { ...beside, 'ours, no history (φ 5)': ours({ phi: 5 }), 'ours, uncorrected': ours({ phi: 1 }) };
const grouping = { ...beside, 'ours, group-by': ours({ grouped: true }) };

const good = { rps: 200, old: 0.001, fresh: 0.001 };
const incident = { from: 360, to: 480, rate: 0.08 };
const group = { count: 10, old: 0.001, fresh: 0.05 };

/** At most so many false rollbacks of 1,000. */
const few = { rollbacks: 10 };
/** The field notes' time and a scrape. */
const within = seconds => ({ time: seconds + 15 });

/** { name, cell, rules, goal, against }: `goal` is ours, `against` the peer of the row. */
export const cells = [
  { name: 'good, 0.1 % errors', cell: good, goal: few },
  { name: 'good, 0.8 % errors', cell: { ...good, old: 0.008, fresh: 0.008 }, goal: few },
  { name: 'good, both fail 8 % for two minutes', cell: { ...good, incident }, goal: few },
  { name: 'bad, 0.5 % against 0.1 %', cell: { ...good, fresh: 0.005 }, goal: within(120), against: 'Kayenta' },
  { name: 'bad, 2 %', cell: { ...good, fresh: 0.02 }, goal: within(30), against: 'Argo, limit 3' },
  { name: 'bad, 10 %', cell: { ...good, fresh: 0.1 }, goal: within(30), against: 'Argo, limit 3' },
  {
    name: 'bad, 3 % from the fifth minute on',
    cell: { ...good, fresh: 0.03, late: 300 },
    goal: within(315),
    against: 'Argo, limit 3',
  },
  { name: '2 requests/s, good', cell: { ...good, rps: 2 }, goal: few },
  { name: '2 requests/s, bad 2 %', cell: { ...good, rps: 2, fresh: 0.02 }, against: 'Argo, limit 3' },
  { name: '2 requests/s and 10 own to each side, good', cell: { ...good, rps: 2, probes: 10 }, goal: few },
  {
    name: '2 requests/s and 10 own to each side, bad 2 %',
    cell: { ...good, rps: 2, fresh: 0.02, probes: 10 },
    goal: within(45),
    against: 'Argo, limit 3',
  },
  { name: 'good, errors in bursts of mean 2', cell: { ...good, burst: 2 }, rules: corrections },
  { name: 'good, errors in bursts of mean 3', cell: { ...good, burst: 3 }, rules: corrections, goal: few },
  { name: 'good, errors in bursts of mean 5', cell: { ...good, burst: 5 }, rules: corrections },
  {
    name: 'bad 2 %, errors in bursts of mean 3',
    cell: { ...good, fresh: 0.02, burst: 3 },
    rules: corrections,
    against: 'Argo, limit 3',
  },
  { name: 'good, ten groups', cell: { ...good, groups: { ...group, fresh: 0.001 } }, rules: grouping, goal: few },
  {
    name: 'one of ten groups bad, 5 %; elsewhere 0.1 % errors',
    cell: { ...good, groups: group },
    rules: grouping,
    against: slipway,
  },
  {
    name: 'one of ten groups bad, 5 %; elsewhere 1 % errors',
    cell: { ...good, old: 0.01, fresh: 0.01, groups: group },
    rules: grouping,
    against: slipway,
    goal: { ratio: 0.333 },
  },
].map(one => ({ rules: beside, against: 'peeked z-test', ...one }));
