import { endGroup, startGroup } from '@actions/core';
import { log } from '../core/log.ts';

/** Writes a whole group at once: what runs beside it cannot get between its lines. */
export function printGroup(title: string, lines: readonly string[]): void {
  using _ = openGroup(title);
  for (const line of lines) log.info(plain(line));
}

/** Opens a group; it is closed when it is disposed, also by an error or a cancellation. */
export function openGroup(title: string): Disposable {
  startGroup(plain(title));
  return { [Symbol.dispose]: () => endGroup() };
}

/** A line of another program: the runner must not take it for a command to it (`::set-output …`, `##[…]`). */
export function plain(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '## [');
}
