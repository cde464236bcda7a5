// Files of the cluster: whole or not there, and readable by root only.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes `text` by rename, mode 0600, unless the file says exactly that already: kube-proxy exits when its file changes. */
export function writePrivate(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.part`, text, { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

/** Writes a value as JSON, which every program here also reads as YAML. */
export const writeJson = (path, value) => writePrivate(path, `${JSON.stringify(value, null, 2)}\n`);

/** The value of a JSON file, or undefined when it is not there or not whole. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
