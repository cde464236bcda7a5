/** A package that becomes a program. */
export interface MainPackage {
  /** Import path. */
  readonly path: string;
  /** What `go build` would call the program. */
  readonly name: string;
  /** Path of its module; empty in GOPATH mode. */
  readonly module: string;
  /** Of its source, absolute. */
  readonly directory?: string;
  /** Targets that it is not built for: build constraints leave no file of it there. */
  readonly without?: readonly string[];
}

/** The last element of the import path; a major version is no name (`example.com/hello/v2` → `hello`). */
export function programName(path: string): string {
  const parts = path.split('/');
  const last = parts.at(-1)!;
  return /^v[0-9]+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last;
}
