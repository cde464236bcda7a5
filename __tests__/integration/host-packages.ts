import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/core/process.ts';
import type { LabHost } from './lab.ts';

const fields = ['Package', 'Depends', 'Pre-Depends', 'Provides'].map(name => `\${${name}}`).join('\\t');

/**
 * Puts packages of this machine, which is the same Debian, onto a host, with all that they need and the host does not have:
 * their files, as dpkg lists them. What their install scripts would do (users, starting services) is left to the caller.
 */
export async function copyPackages(host: LabHost, ...names: string[]): Promise<void> {
  const status = await readFile(join(host.root, 'var/lib/dpkg/status'), 'utf8');
  const there = new Set([...status.matchAll(/^Package: (.+)$/gm)].map(([, name]) => name!));
  const needs = new Map<string, readonly string[]>();
  const provider = new Map<string, string>();
  for (const line of (await output('dpkg-query', '-W', '-f', `${fields}\\n`)).split('\n').filter(Boolean)) {
    const [name, depends, before, provides] = line.split('\t') as [string, string, string, string];
    needs.set(name, [...namesIn(depends), ...namesIn(before)]);
    for (const other of namesIn(provides)) provider.set(other, name);
  }
  const wanted = new Set<string>();
  const add = (given: string) => {
    const name = needs.has(given) ? given : provider.get(given);
    if (name === undefined || there.has(name) || wanted.has(name)) return;
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

/** `libc6 (>= 2.36), a | b`: each name, whichever would do. */
function namesIn(relations: string): string[] {
  return relations
    .split(/[,|]/)
    .map(one => one.trim().replace(/[ :(].*$/, ''))
    .filter(Boolean);
}

async function output(...argv: [string, ...string[]]): Promise<string> {
  return (await run(argv, { timeout: 30_000 })).stdout;
}
