// What the tests of faults share: a small program with dependencies, a module proxy that can misbehave, and the real go.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { ServerResponse } from 'node:http';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../src/core/process.ts';
import { serve } from '../setup-go-cross/server.ts';
import { type Files, h1, zip } from '../setup-go-cross/toolchain/archives.ts';

/** How a server misbehaves. `close`: the connection breaks off in the middle; `short`: the answer ends there, and is no error. */
export type Fault =
  | number
  | 'silence'
  | 'header only'
  | 'half'
  | 'drip'
  | 'close'
  | 'short'
  | 'reset'
  | 'page'
  | { readonly instead: Buffer | string };

/** Answers as the fault says; `body` is what would be right. */
export function misbehave(response: ServerResponse, fault: Fault, body: Buffer): void {
  const length = { 'content-length': body.length };
  if (fault === 'silence') return;
  if (typeof fault === 'number') response.writeHead(fault).end('not now');
  else if (typeof fault === 'object') response.writeHead(200).end(fault.instead);
  else if (fault === 'header only') response.writeHead(200, length).flushHeaders();
  else if (fault === 'half') response.writeHead(200, length).write(body.subarray(0, body.length >> 1));
  else if (fault === 'short') response.writeHead(200).end(body.subarray(0, body.length >> 1));
  else if (fault === 'page') response.writeHead(200).end('<html><body>Please log in</body></html>');
  else if (fault === 'reset') response.socket?.resetAndDestroy();
  else if (fault === 'close')
    response.writeHead(200, length).write(body.subarray(0, body.length >> 1), () => response.destroy());
  else {
    response.writeHead(200, length);
    let sent = 0;
    const timer = setInterval(() => response.write(body.subarray(sent, ++sent)), 100);
    response.once('close', () => clearInterval(timer));
  }
}

/** `example.com/dep@v1.0.0` and its like: path → files. */
export type Modules = Readonly<Record<string, Files>>;

export const dependency = (name: string): Modules => ({
  [`example.com/${name}@v1.0.0`]: {
    'go.mod': `module example.com/${name}\n\ngo 1.21\n`,
    [`${name}.go`]: `package ${name}\n\nconst Word = "${name} ${'x'.repeat(3000)}"\n`,
  },
});

/** What the go command keeps in go.sum for them. */
export function goSum(modules: Modules): string {
  return Object.entries(modules)
    .flatMap(([path, files]) => {
      const [module, version] = path.split('@');
      const mod = h1('', { 'go.mod': files['go.mod']! });
      return [`${module} ${version} ${h1(`${path}/`, files)}\n`, `${module} ${version}/go.mod ${mod}\n`];
    })
    .join('');
}

/** A module proxy; `fault` may be changed between two runs. */
export async function moduleServer(modules: Modules) {
  const answers = new Map<string, Buffer>();
  for (const [path, files] of Object.entries(modules)) {
    const [module, version] = path.split('@');
    const base = `/${module}/@v/${version}`;
    answers.set(`${base}.info`, Buffer.from(JSON.stringify({ Version: version })));
    answers.set(`${base}.mod`, Buffer.from(files['go.mod']!));
    answers.set(`${base}.zip`, zip(`${path}/`, files));
  }
  const rules: { fault: ((path: string) => Fault | undefined) | undefined } = { fault: undefined };
  const server = await serve((request, response) => {
    const body = answers.get(request.url!);
    const fault = rules.fault?.(request.url!);
    if (fault !== undefined) misbehave(response, fault, body ?? Buffer.from('nothing'));
    else if (body === undefined) response.writeHead(404).end('not found');
    else response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  return { ...server, rules };
}

/**
 * A tool cache whose Go is the given one: a program that starts it, since the real folder would be hashed in every run.
 *
 * @returns the version, and what every run gets to use it
 */
export async function machinesGo(go: string, folder: string) {
  const { stdout } = await run([go, 'env', 'GOVERSION', 'GOCACHE'], { timeout: 30_000 });
  const [said = '', cache = ''] = stdout.trim().split('\n');
  const version = said.split(/[ -]/)[0]!.slice(2);
  const goroot = join(folder, 'tools/go', version, process.arch);
  mkdirSync(join(goroot, 'bin'), { recursive: true });
  writeFileSync(join(goroot, 'VERSION'), `go${version}\n`);
  writeFileSync(join(goroot, 'bin/go'), `#!/bin/sh\nexec '${go}' "$@"\n`);
  chmodSync(join(goroot, 'bin/go'), 0o755);
  writeFileSync(`${goroot}.complete`, '');
  return {
    version,
    inputs: { 'go-version': version, 'toolchain-sources': 'tool-cache', cache: 'false' },
    env: {
      RUNNER_TOOL_CACHE: join(folder, 'tools'),
      GOCACHE: cache || join(homedir(), '.cache/go-build'),
      GOFLAGS: '-modcacherw',
      GOSUMDB: 'off',
      GOTOOLCHAIN: undefined,
    },
  };
}

/** Writes files, folders included. */
export function put(folder: string, files: Files): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** A program that needs `example.com/dep`, and on Windows `example.com/other` as well. */
export function program(folder: string): string {
  const directory = mkdtempSync(join(folder, 'program-'));
  const modules = { ...dependency('dep'), ...dependency('other') };
  const requires = Object.keys(modules).map(path => `require ${path.replace('@', ' ')}\n`);
  return put(directory, {
    'go.mod': `module example.com/hello\n\ngo 1.21\n\n${requires.join('')}`,
    'go.sum': goSum(modules),
    'main.go': 'package main\n\nimport "example.com/dep"\n\nfunc main() { println(dep.Word) }\n',
    'main_windows.go': 'package main\n\nimport "example.com/other"\n\nvar _ = other.Word\n',
  });
}

/** Every file below a folder with its hash; links and folders by their names. */
export function contentOf(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map(name => {
      const path = join(folder, name);
      return [name, statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder'];
    }),
  );
}
