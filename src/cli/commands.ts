import type { Command } from './call.ts';
import { doctor, init, logs, observe, pull, report, scaffold, serve } from './commands/beside-chain.ts';
import * as chain from './commands/of-chain.ts';

/** In the order in which the help lists them. */
export const commands: readonly Command[] = [
  init,
  scaffold,
  doctor,
  observe,
  chain.plan,
  chain.releaseCommand,
  chain.build,
  chain.deploy,
  chain.rollback,
  chain.promote,
  chain.status,
  logs,
  chain.verify,
  chain.audit,
  report,
  chain.pause,
  chain.resume,
  chain.abort,
  chain.bootstrap,
  serve,
  pull,
];
