import { runAction } from '../core/action.ts';
import { clientRole, serveClient } from './cache/client.ts';
import { cacheRole, serveGoCache } from './cache/shared/program.ts';
import { explainingDisk } from './disk.ts';
import { definition } from './inputs.ts';
import { post } from './post.ts';
import { run } from './run.ts';

const [, , role, folder] = process.argv;
if (role === clientRole) await serveClient();
else if (role === cacheRole) {
  await serveGoCache(folder!, process.stdin, process.stdout);
  await new Promise(resolve => process.stdout.write('', resolve));
  process.exit(0); // the go command waits for the end; a request that is waiting for an entry would hold it up
} else await runAction(definition, { run: context => explainingDisk(context.directory, () => run(context)), post });
