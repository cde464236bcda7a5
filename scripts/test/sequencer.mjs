// In which order the files of one jest run.
import SequencerModule from '@jest/test-sequencer';

const Sequencer = SequencerModule.default ?? SequencerModule;
/** Stops the API server, which tests of another lane use later. */
const first = /deploy-k8s-canary-gaps/;
const last = /\/e2e\//;
const rank = ({ path }) => (first.test(path) ? 0 : last.test(path) ? 2 : 1);

/** As jest does it, but what would disturb other lanes comes first, and what uses several components last. */
export default class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
}
