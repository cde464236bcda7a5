import type { Tree } from '../../core/tree.ts';
import type { Found } from './found.ts';

/** What the last stage of a Dockerfile says. */
export interface Dockerfile {
  readonly file: string;
  readonly base: Found;
  readonly user?: Found;
  readonly workdir?: Found;
  readonly ports: readonly Found<number>[];
  /** Files of the repository that it copies: `ui:/srv/ui`. */
  readonly files: readonly Found[];
  /** Arguments that the program is started with. */
  readonly args?: Found<readonly string[]>;
  readonly env: readonly Found<readonly [string, string]>[];
  /** What RUN lines do besides certificates, zone data, users and rights: those our own images have. */
  readonly runs: readonly Found[];
}

interface Instruction {
  readonly word: string;
  readonly rest: string;
  readonly at: string;
}

export async function dockerfileOf(tree: Tree): Promise<Dockerfile | undefined> {
  const candidates = tree.files.filter(file => /(^|\/)(Dockerfile|Containerfile)$/.test(file));
  const file = candidates.sort((a, b) => a.split('/').length - b.split('/').length)[0];
  return file === undefined ? undefined : parseDockerfile(await tree.read(file), file);
}

export function parseDockerfile(text: string, file: string): Dockerfile | undefined {
  const all = instructions(text, file);
  const args = new Map(
    all.filter(({ word }) => word === 'ARG').map(({ rest }) => [rest.split('=')[0]!, rest.split('=')[1] ?? '']),
  );
  const start = all.findLastIndex(({ word }) => word === 'FROM');
  if (start < 0) return undefined;
  const stage = all.slice(start);
  const of = (word: string) => stage.filter(one => one.word === word);
  const last = (word: string): Found | undefined => {
    const found = of(word).at(-1);
    return found && { value: found.rest, at: found.at };
  };
  const workdir = last('WORKDIR');
  const base = stage[0]!.rest.replace(/^(--\S+\s+)+/, '').split(/\s+/)[0]!;
  const given = { user: last('USER'), workdir, args: argsOf(last('ENTRYPOINT'), last('CMD')) };
  return {
    file,
    base: { value: fullName(base.replaceAll(/\$\{?(\w+)\}?/g, (_, name) => args.get(name) ?? '')), at: stage[0]!.at },
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ports: of('EXPOSE').flatMap(({ rest, at }) =>
      rest
        .split(/\s+/)
        .filter(port => /^\d+(\/tcp)?$/.test(port))
        .map(port => ({ value: Number.parseInt(port, 10), at })),
    ),
    files: of('COPY').flatMap(one => copied(one, workdir?.value ?? '/')),
    env: of('ENV').flatMap(({ rest, at }) =>
      [...rest.matchAll(/(\w+)=("(?:[^"]*)"|\S+)/g)].map(([, name, value]) => ({
        value: [name!, value!.replace(/^"|"$/g, '')] as const,
        at,
      })),
    ),
    runs: of('RUN')
      .map(({ rest, at }) => ({
        value: rest
          .split(/&&|;/)
          .filter(one => !isUsual(one))
          .join('&&')
          .trim(),
        at,
      }))
      .filter(({ value }) => value !== ''),
  };
}

/** Lines joined at their `\`, comments left out. */
function instructions(text: string, file: string): Instruction[] {
  const found: Instruction[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    open = open === undefined ? { text: raw, line: index + 1 } : { ...open, text: `${open.text} ${raw}` };
    if (open.text.endsWith('\\')) {
      open = { ...open, text: open.text.slice(0, -1) };
      continue;
    }
    const [, word = '', rest = ''] = /^\s*(\w+)\s+([\s\S]*)$/.exec(open.text) ?? [];
    found.push({ word: word.toUpperCase(), rest: rest.trim(), at: `${file}:${open.line}` });
    open = undefined;
  }
  return found;
}

const certificates =
  /^\s*(apk|apt-get)( -\S+| --\S+)* (add|install|update|upgrade)(\s+(-\S+|ca-certificates|tzdata|&&))*\s*$/;
const users = /^\s*(addgroup|adduser|useradd|groupadd|chown|chmod|mkdir|update-ca-certificates|rm -rf \/var)\b/;
const isUsual = (command: string) => certificates.test(command) || users.test(command);

/** `alpine:3.22` as a registry's reference: `docker.io/library/alpine:3.22`. */
function fullName(name: string): string {
  if (name === 'scratch' || /^[^/]*[.:][^/]*\//.test(name) || name.startsWith('localhost/')) return name;
  return `docker.io/${name.includes('/') ? '' : 'library/'}${name}`;
}

/** Files of the context that go in beside the program; what other stages built is not of the context. */
function copied({ rest, at }: Instruction, workdir: string): Found[] {
  if (/--from=/.test(rest) || rest.startsWith('[')) return [];
  const words = rest.replaceAll(/--\S+\s+/g, '').split(/\s+/);
  const to = words.pop() ?? '';
  const target = to.startsWith('/') ? to : `${workdir.replace(/\/$/, '')}/${to.replace(/^\.\/?/, '')}`;
  return words
    .map(word => word.replace(/^\.\//, '').replace(/\/$/, ''))
    .filter(word => word !== '.' && word !== '' && !/[$*?]/.test(word))
    .map(word => ({ value: `${word}:${target}`, at }));
}

/** What stands after the program in ENTRYPOINT and CMD; a line for a shell says nothing sure. */
function argsOf(entrypoint: Found | undefined, cmd: Found | undefined): Found<readonly string[]> | undefined {
  const list = (found: Found | undefined): string[] | undefined => {
    if (found === undefined) return [];
    if (!found.value.startsWith('[')) return undefined;
    try {
      return JSON.parse(found.value) as string[];
    } catch {
      return undefined;
    }
  };
  const [first, second] = [list(entrypoint), list(cmd)];
  if (first === undefined || second === undefined) return undefined;
  const args = [...first, ...second].slice(1);
  const at = (second.length > 0 ? cmd : entrypoint)?.at;
  return args.length === 0 || at === undefined ? undefined : { value: args, at };
}
