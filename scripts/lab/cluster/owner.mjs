// The cluster's namespace, control group and sockets have fixed names, one of each a machine; the records of its daemons
// lie in a cache folder. So a second cache folder must be able to see that the cluster is another one's.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labDir } from '../paths.mjs';
import { startTime } from '../process.mjs';
import { readJson, writeJson } from './files.mjs';
import { daemonName, RUNTIME } from './layout.mjs';

const path = `${RUNTIME}/owner.json`;

/** Says that the cluster belongs to this cache folder. */
export const recordOwner = () => writeJson(path, { lab: labDir() });

/** The lab folder of another cache whose cluster runs, or undefined. What has ended is nobody's. */
export function otherOwner() {
  const { lab } = readJson(path) ?? {};
  if (!lab || lab === labDir() || !existsSync(join(lab, 'pids'))) return undefined;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const running = readdirSync(join(lab, 'pids'))
    .filter(name => name.startsWith(daemonName('')) && name.endsWith('.json'))
    .map(name => readJson(join(lab, 'pids', name)))
    .some(record => record?.boot === boot && startTime(record.pid) === record.start);
  return running ? lab : undefined;
}
