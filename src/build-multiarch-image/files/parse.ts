import { posix } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';

/** A line of the input `files`. */
export interface FileRule {
  /** As written: a path or glob. */
  readonly source: string;
  /** Normal, without the leading slash. */
  readonly destination: string;
  /** It ended with a slash: sources go into it under their own names. */
  readonly into: boolean;
  /** Of files; undefined: 0755 for those that their owner may execute, else 0644. */
  readonly mode: number | undefined;
}

/** `SRC:DEST[:MODE]`; no path of the image may lead out of it or hide what a lower layer has. */
export function parseFileRule(line: string): FileRule {
  const [, source, destination, mode] = /^(.+?):(\/[^:]*)(?::([^:]*))?$/.exec(line) ?? [];
  if (source === undefined || destination === undefined) {
    throw new SlipwayError('FILES_INVALID', `"${line}" is not SRC:DEST[:MODE] with an absolute DEST`);
  }
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode))
    throw new SlipwayError('FILES_INVALID', `"${mode}" in "${line}" is not a mode such as 0644`);
  const parts = destination.split('/');
  if (parts.includes('..') || destination.includes('\0'))
    throw new SlipwayError('FILES_INVALID', `"${destination}" leads out of the image`);
  checkName(destination);
  return {
    source,
    destination: posix.normalize(destination).replace(/^\/+|\/+$/g, ''),
    into: destination.endsWith('/'),
    mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
  };
}

/** `.wh.NAME` in a layer means that NAME is removed (image-spec, layer.md): never a file of anybody's. */
export function checkName(path: string): void {
  const part = path.split('/').find(one => one.startsWith('.wh.'));
  if (part === undefined) return;
  throw new SlipwayError('FILES_INVALID', `the name "${part}" would remove files of the layers below`);
}
