// The tests that need lab hosts, in portions that can run side by side.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import config from '../../jest.config.mjs';
import { root } from '../root.mjs';

/** The files of jest's project `host`, with their texts. */
export function hostFiles() {
  const { testRegex } = config.projects.find(({ displayName }) => displayName === 'host');
  return ['integration', 'campaigns']
    .map(name => join(root, '__tests__', name))
    .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
    .filter(path => testRegex.some(one => new RegExp(one).test(path)))
    .map(path => ({ path, text: readFileSync(path, 'utf8') }));
}

/**
 * So many lists of paths, about equally long to run, as far as the lengths of the files tell. Files that boot the same host are in
 * the same one, since each begins with a host that is fresh.
 */
export function portionsOf(files, count) {
  const portions = Array.from({ length: count }, () => ({ paths: [], length: 0 }));
  for (const group of groupsOf(files).sort((one, other) => other.length - one.length)) {
    const least = portions.reduce((one, other) => (other.length < one.length ? other : one));
    least.paths.push(...group.paths);
    least.length += group.length;
  }
  return portions.map(({ paths }) => paths).filter(paths => paths.length > 0);
}

/** Files that share a host, directly or by way of others. */
function groupsOf(files) {
  let groups = [];
  for (const { path, text } of files) {
    const hosts = new Set(text.match(/\bhost\d+\b/g));
    const shared = groups.filter(group => !group.hosts.isDisjointFrom(hosts));
    const joined = { hosts, paths: [path], length: text.length };
    for (const group of shared) {
      joined.hosts = joined.hosts.union(group.hosts);
      joined.paths.push(...group.paths);
      joined.length += group.length;
    }
    groups = [...groups.filter(group => !shared.includes(group)), joined];
  }
  return groups;
}
