// Releases from a seed: what is wrong with them, or not, by the variables of bench/gate/service, and by inputs.
import { random } from './random.mjs';

/**
 * The kinds, each with how it is made: `env` of the program, `inputs` beside those that all have, `program` of stage.mjs.
 * Times are such that whoever watches for four seconds can see it.
 */
const bad = {
  'crashes at once': () => ({ env: { GATE_FAULT: 'crash' } }),
  'crashes after 0.5 to 3 s': pick => ({ env: { GATE_FAULT: 'crash', GATE_AFTER: pick.time(500, 3000) } }),
  'ends by itself': pick => ({ env: { GATE_FAULT: 'exit', GATE_AFTER: pick.time(0, 2000) } }),
  'is for another processor': () => ({ program: 'arm64' }),
  'is no program': () => ({ program: 'text' }),
  'lacks its configuration': pick => ({ env: { GATE_FILE: `/etc/gate/${pick.word()}.json` } }),
  'cannot read its configuration': pick => ({ env: { GATE_AFTER: pick.of(['soon', '3', '-', '5 s']) } }),
  'listens on another port': (pick, { port }) => ({
    env: { GATE_LISTEN: `127.0.0.1:${port + pick.number(1000, 1900)}` },
  }),
  'wants a port that is in use': (_, { taken }) => ({
    env: { GATE_FAULT: 'second-port', GATE_SECOND: `0.0.0.0:${taken}` },
  }),
  'has a broken migration': pick => ({
    inputs: {
      hooks: JSON.stringify({ 'before-deploy': `echo "column ${pick.word()} exists" >&2; exit ${pick.number(1, 9)}` }),
    },
  }),
  'leaks memory': pick => ({ env: { GATE_FAULT: 'leak', GATE_RATE: String(pick.number(80, 400)) } }),
  'is slow': pick => ({ env: { GATE_FAULT: 'slow', GATE_DELAY: pick.time(2500, 4500) } }),
  'is slow after 0.5 to 3 s': pick => ({
    env: { GATE_FAULT: 'slow', GATE_AFTER: pick.time(500, 3000), GATE_DELAY: pick.time(2500, 4500) },
  }),
  'fails on one path': pick => ({ env: { GATE_FAULT: 'status', GATE_PATH: pick.of(['/', '/api/items', '/healthz']) } }),
  'fails after 0.5 to 3 s': pick => ({ env: { GATE_FAULT: 'status', GATE_AFTER: pick.time(500, 3000) } }),
  'hangs after 0 to 3 s': pick => ({ env: { GATE_FAULT: 'deadlock', GATE_AFTER: pick.time(0, 3000) } }),
  'ends on SIGHUP': () => ({ env: { GATE_FAULT: 'hup' } }),
  'says another version': () => ({ env: { GATE_FAULT: 'version' } }),
  'has a database that is not there': (pick, { database }) => ({
    inputs: { reach: `tcp://127.0.0.1:${database + pick.number(1, 50)}` },
  }),
};

const good = {
  'as before, another version': () => ({}),
  'slow to start, up to 2 s': pick => ({ env: { GATE_DELAY: pick.time(200, 2000) } }),
  'larger or smaller': pick => ({ program: pick.of(['small', 'large']) }),
  'another configuration': pick => ({ env: { GATE_NEW: pick.word(), GATE_OTHER: pick.word() } }),
  'other limits': pick => ({
    inputs: { 'limit-nofile': String(pick.number(500, 5000)), 'tasks-max': String(pick.number(50, 500)) },
  }),
  'other arguments': () => ({ inputs: { args: '-check-config=false' } }),
  'a migration': pick => ({ inputs: { hooks: JSON.stringify({ 'before-deploy': `echo "added ${pick.word()}"` }) } }),
  'a new file': pick => ({ file: pick.word() }),
  'a secret': pick => ({ inputs: { credentials: `token=${pick.word()}${pick.word()}` } }),
};

/**
 * So many releases, each kind as often as the others.
 *
 * @param place { port, taken, database }: of the service, of somebody else, of what is reached
 */
export function releasesOf(what, count, seed, place) {
  const kinds = Object.entries(what === 'bad' ? bad : good);
  return Array.from({ length: count }, (_, index) => {
    const [kind, make] = kinds[index % kinds.length];
    const at = place(index);
    const made = make(picker(random(seed * 100_003 + index)), at);
    return { index, kind, version: `v1.${index}.${seed}`, env: {}, inputs: {}, program: 'small', ...made };
  });
}

function picker(next) {
  const number = (from, to) => from + Math.floor(next() * (to - from + 1));
  return {
    number,
    of: list => list[number(0, list.length - 1)],
    time: (from, to) => `${number(from, to)}ms`,
    word: () => Array.from({ length: 8 }, () => String.fromCharCode(97 + number(0, 25))).join(''),
  };
}
