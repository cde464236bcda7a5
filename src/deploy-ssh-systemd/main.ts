import { runAction } from '../core/action.ts';
import { definition } from './inputs.ts';
import { run } from './run.ts';

await runAction(definition, { run });
