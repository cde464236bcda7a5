import { text } from 'node:stream/consumers';
import { gitea } from '../cli/serve/pushes.ts';

/** A forge's part after a push: told by git's post-receive (`OLD NEW REF` lines), it tells the address that it is given. */
const [address = '', secret = ''] = process.argv.slice(2);
for (const line of (await text(process.stdin)).trim().split('\n')) {
  const [before = '', after = '', ref = ''] = line.split(' ');
  const { headers, body } = gitea({ before, after, ref }, secret);
  const response = await fetch(address, { method: 'POST', headers, body });
  process.stdout.write(`${response.status} ${await response.text()}`);
}
