import { posix } from 'node:path';
import { withoutComments } from '../../core/go-code.ts';
import type { Tree } from '../../core/tree.ts';
import { type Found, matches } from './found.ts';

/** The Go module of a folder: what go.mod says. */
export interface Module {
  readonly path: string;
  /** Packages that go.mod names as tools, each with its line. */
  readonly tools: readonly Found[];
}

/** A program: a folder with `package main` and `func main()`. */
export interface Program {
  /** As the go command takes it: `.`, `./cmd/hello`, or the import path of a tool. */
  readonly package: string;
  readonly name: string;
  readonly at: string;
}

/** One Go file of a program, comments blanked out. */
export interface GoFile {
  readonly file: string;
  readonly code: string;
  /** With comments: `//go:embed` is one. */
  readonly text: string;
}

export async function moduleOf(tree: Tree): Promise<Module | undefined> {
  if (!tree.files.includes('go.mod')) return undefined;
  const text = await tree.read('go.mod');
  const path = /^module\s+"?([^\s"]+)/m.exec(text)?.[1];
  const block = [...text.matchAll(/^tool\s*\(([\s\S]*?)^\)/gm)].map(found => found[1]!).join('\n');
  const tools = matches('go.mod', text, /^(?:tool)?\s+([\w.-]+\.[\w.-]+\/\S+)\s*$/gm)
    .filter(({ value }) => value[0].startsWith('tool') || block.includes(value[1]!))
    .map(({ value, at }) => ({ value: value[1]!, at }));
  return path === undefined ? undefined : { path, tools };
}

/** The programs of the module, that which it is named after first; where it has none, the tools of go.mod. */
export async function programsOf(tree: Tree, module: Module): Promise<Program[]> {
  const found = new Map<string, Program>();
  for (const file of goFiles(tree)) {
    const folder = posix.dirname(file);
    if (found.has(folder)) continue;
    const text = await tree.read(file);
    const code = withoutComments(text);
    const [main] = matches(file, code, /^func main\(\)/gm);
    if (main === undefined || !/^package main\b/m.test(code) || /^\/\/go:build ignore\b/m.test(text)) continue;
    const name = folder === '.' ? nameOf(module.path) : posix.basename(folder);
    found.set(folder, { package: folder === '.' ? '.' : `./${folder}`, name, at: main.at });
  }
  const programs = [...found.values()];
  if (programs.length === 0) return module.tools.map(({ value, at }) => ({ package: value, name: nameOf(value), at }));
  const rank = (one: Program) => [one.package === '.', one.name === nameOf(module.path), isService(one)].indexOf(true);
  return programs.sort((a, b) => ((rank(a) + 4) % 4) - ((rank(b) + 4) % 4));
}

const isService = ({ name }: Program) => /^(server|service|api|app|web|main)$|-?(server|service|api)$/.test(name);

/** Last part of an import path, without its major version: `hello` of `example.com/hello/v2`. */
export function nameOf(path: string): string {
  return posix.basename(path.replace(/\/v\d+$/, '')).replace(/\.git$/, '');
}

/** The Go files that a program is made of: those of its package, and of the packages of this module that it imports. */
export async function sourcesOf(tree: Tree, module: Module, program: Program): Promise<GoFile[]> {
  const sources: GoFile[] = [];
  const folders = [posix.normalize(program.package)];
  for (const folder of folders) {
    for (const file of goFiles(tree).filter(one => posix.dirname(one) === folder)) {
      const text = await tree.read(file);
      const code = withoutComments(text);
      sources.push({ file, code, text });
      for (const [, path = ''] of code.matchAll(/^\s*(?:import\s+)?(?:[\w.]+\s+)?"([^"\n]+)"\s*$/gm)) {
        if (path !== module.path && !path.startsWith(`${module.path}/`)) continue;
        const next = path.slice(module.path.length + 1) || '.';
        if (!folders.includes(next)) folders.push(next);
      }
    }
  }
  return sources;
}

/** Without tests, and without what belongs to a module of its own below. */
function goFiles(tree: Tree): string[] {
  const nested = tree.files.filter(file => file.endsWith('/go.mod')).map(file => posix.dirname(file));
  return tree.files.filter(
    file => file.endsWith('.go') && !file.endsWith('_test.go') && !nested.some(folder => file.startsWith(`${folder}/`)),
  );
}
