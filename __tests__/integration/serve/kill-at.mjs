// Loaded into a server (NODE_OPTIONS=--import=…): ends it by SIGKILL at the step KILL_AT of what it does to the files of
// its queue, each step before it is done; a write is half done. Node's own functions are wrapped, the server is as it is.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env.KILL_AT);
const isServer = process.argv.includes('serve');
let step = 0;

const isMeant = path => isServer && String(path).includes('/queue');
const next = () => {
  if (++step === at) process.kill(process.pid, 'SIGKILL');
};

const { open, rename } = fs;
fs.rename = async (from, to) => {
  if (isMeant(to)) next();
  await rename(from, to);
};
fs.open = async (path, ...rest) => {
  if (isMeant(path)) next();
  const file = await open(path, ...rest);
  if (!isMeant(path) || String(path).endsWith('.log')) return file;
  const { writeFile, sync } = file;
  file.writeFile = async data => {
    if (step + 1 === at) await writeFile.call(file, String(data).slice(0, String(data).length / 2));
    next();
    await writeFile.call(file, data);
  };
  file.sync = async () => {
    next();
    await sync.call(file);
  };
  return file;
};
syncBuiltinESMExports();
