import { runAction } from '../core/action.ts';
import { clientRole, serveClient } from './cache/client.ts';
import { definition } from './inputs.ts';
import { post } from './post.ts';
import { run } from './run.ts';

if (process.argv[2] === clientRole) await serveClient();
else await runAction(definition, { run, post });
