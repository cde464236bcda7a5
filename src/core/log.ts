import { AsyncLocalStorage } from 'node:async_hooks';
import * as core from '@actions/core';

/** What is done at the same time in several places says in each line where. */
const place = new AsyncLocalStorage<string>();

function placed(message: string): string {
  const where = place.getStore();
  return where === undefined ? message : message.replaceAll(/^/gm, `${where} | `);
}

/** The runner's log. Progress lines are plain text: a log is read from top to bottom. */
export const log = {
  info: (message: string): void => core.info(placed(message)),
  debug: (message: string): void => core.debug(placed(message)),
  notice: (message: string): void => core.notice(placed(message)),
  warning: (message: string): void => core.warning(placed(message)),
  error: (message: string): void => core.error(placed(message)),
  /** Does something of which every line begins with `where`. */
  within: <T>(where: string, task: () => T): T => place.run(where, task),
  group: <T>(name: string, task: () => Promise<T>): Promise<T> => core.group(name, task),
};

export type Log = typeof log;
