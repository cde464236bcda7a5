// Prints the digests as JSON, for another Node, machine or user: `node main.ts FOLDER [UID]`.
import { goldenDigests } from './images.ts';

const [folder, uid] = process.argv.slice(2);
if (uid !== undefined) {
  process.setgid!(Number(uid));
  process.setuid!(Number(uid));
}
process.stdout.write(`${JSON.stringify(await goldenDigests(folder!), null, 2)}\n`);
