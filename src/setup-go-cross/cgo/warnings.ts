import type { BuildInfo } from '../../core/binary/index.ts';

/** Packages that compile without CGO to something that only fails when it runs. */
const stubs = ['github.com/mattn/go-sqlite3', 'gopkg.in/mattn/go-sqlite3.v1'];

/** What a person should know of a program that was built without CGO. */
export function stubWarning(name: string, { deps }: BuildInfo): string | undefined {
  const found = deps.find(({ path }) => stubs.includes(path));
  return found && `${name} holds ${found.path}, which without CGO only fails when it is used: set cgo: gcc (or zig)`;
}

/**
 * glibc's linker warns of functions that load shared libraries even into a static program (getaddrinfo, getpwnam,
 * dlopen): there they work only beside the same glibc.
 */
export function staticWarning(name: string, linkerOutput: string): string | undefined {
  const found = [...linkerOutput.matchAll(/Using '(\w+)' in statically linked applications requires/g)].map(
    ([, f]) => f,
  );
  const functions = [...new Set(found)];
  return functions.length === 0
    ? undefined
    : `${name}: its C code calls ${functions.join(', ')}, which even in a static program needs the shared libraries of the glibc that it was built with; without them it fails when it runs`;
}
