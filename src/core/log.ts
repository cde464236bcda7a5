import * as core from '@actions/core';

/** The runner's log. Progress lines are plain text: a log is read from top to bottom. */
export const log = {
  info: (message: string): void => core.info(message),
  debug: (message: string): void => core.debug(message),
  notice: (message: string): void => core.notice(message),
  warning: (message: string): void => core.warning(message),
  error: (message: string): void => core.error(message),
  group: <T>(name: string, task: () => Promise<T>): Promise<T> => core.group(name, task),
};

export type Log = typeof log;
