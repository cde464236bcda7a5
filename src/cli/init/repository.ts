import { git } from '../../core/git.ts';
import type { Tree } from '../../core/tree.ts';
import type { Found } from './found.ts';

/** Where a repository is kept: `github.com`, `acme/hello`. */
export interface Remote {
  readonly host: string;
  readonly path: string;
}

/** The remote `origin`, or undefined outside of a repository or without one. */
export async function remoteOf(directory: string): Promise<Remote | undefined> {
  const url = await git(directory, ['remote', 'get-url', 'origin']).catch(() => '');
  return parseRemote(url.trim());
}

/** `git@github.com:acme/hello.git`, `ssh://git@host:22/acme/hello`, `https://github.com/acme/hello`. */
export function parseRemote(url: string): Remote | undefined {
  const found =
    /^(?:ssh|https?|git):\/\/(?:[^@/]+@)?([\w.-]+)(?::\d+)?\/(.+?)(?:\.git)?\/?$/.exec(url) ??
    /^(?:[\w.-]+@)([\w.-]+):(?!\/\/)(.+?)(?:\.git)?\/?$/.exec(url);
  return found === null ? undefined : { host: found[1]!.toLowerCase(), path: found[2]!.replace(/^\//, '') };
}

/** The registries that go with a git host; Gitea and Forgejo have theirs at the same name. */
const registries: Readonly<Record<string, string>> = { 'github.com': 'ghcr.io', 'gitlab.com': 'registry.gitlab.com' };
const withRegistry = /^(codeberg\.org|gitea\.|forgejo\.|git\.)/;

/** The image that goes with a remote; undefined where nothing says which registry. */
export function imageOf({ host, path }: Remote): Found | undefined {
  const registry = registries[host] ?? (withRegistry.test(host) ? host : undefined);
  return registry === undefined ? undefined : { value: `${registry}/${path.toLowerCase()}`, at: 'git remote origin' };
}

const ciFiles =
  /^(\.github\/workflows\/[^/]+\.ya?ml|\.(?:gitea|forgejo)\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.woodpecker\.ya?ml|\.drone\.yml|Jenkinsfile|\.travis\.yml|azure-pipelines\.yml|bitbucket-pipelines\.yml|\.goreleaser\.ya?ml)$/;

/** Files of a CI that are there already. */
export function ciFilesOf(tree: Tree): string[] {
  return tree.files.filter(file => ciFiles.test(file));
}
