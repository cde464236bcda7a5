import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/core/process.ts';
import type { LabHost } from './lab.ts';

const fields = '${Package}\\t${Depends}, ${Pre-Depends}\\n';

/**
 * Puts packages of this machine, which is the same Debian, onto a host, with all that they need and the host does not have:
 * their files, as dpkg lists them. What their install scripts would do (users, starting services) is left to the caller.
 */
export async function copyPackages(host: LabHost, ...names: string[]): Promise<void> {
  const there = new Set(packagesIn(await readFile(join(host.root, 'var/lib/dpkg/status'), 'utf8')));
  const needs = new Map(
    (await output('dpkg-query', '-W', '-f', fields)).split('\n').map(line => {
      const [name = '', depends = ''] = line.split('\t');
      return [name, depends.split(/[,|]/).map(one => one.trim().replace(/[ :(].*$/, ''))];
    }),
  );
  const wanted = new Set<string>();
  const add = (name: string) => {
    if (name === '' || there.has(name) || wanted.has(name) || !needs.has(name)) return;
    wanted.add(name);
    for (const other of needs.get(name)!) add(other);
  };
  for (const name of names) add(name);
  if (wanted.size === 0) return;
  const files = (await output('dpkg', '-L', ...wanted))
    .split('\n')
    .filter(path => /^\/(?!\.$|usr\/share\/(doc|man|locale))./.test(path));
  const copy =
    'tar --create --no-recursion --ignore-failed-read --directory / --files-from - | tar --extract --keep-directory-symlink --directory "$0"';
  await run(['sh', '-c', copy, host.root], { input: files.map(path => path.slice(1)).join('\n'), timeout: 60_000 });
}

function packagesIn(status: string): string[] {
  return [...status.matchAll(/^Package: (.+)$/gm)].map(([, name]) => name!);
}

async function output(...argv: [string, ...string[]]): Promise<string> {
  return (await run(argv, { timeout: 30_000 })).stdout;
}
