import { join } from 'node:path';
import { runAction } from '../core/action.ts';
import { schemas } from './definitions.ts';
import { definition } from './inputs.ts';
import { chain } from './run.ts';

await runAction(definition, chain(join(import.meta.dirname, '..'), schemas));
