// Loaded into a server (NODE_OPTIONS=--import=…): at SIGUSR2 it says how many bytes are in use once nothing is garbage.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.stderr.write(`in use ${heapUsed + external} of ${rss}\n`);
});
