import { runAction } from '../core/action.ts';
import { definition } from './inputs.ts';
import { post } from './post.ts';
import { run } from './run.ts';

await runAction(definition, { run, post });
