import { isDockerHub } from './reference.ts';

/** What a registry is shown, and where it was found: the source is named in errors, the rest never. */
export type Credentials = { readonly source: string } & (
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }
);

/** Finds the credentials of one registry; undefined means anonymous. */
export type CredentialSource = (host: string) => Promise<Credentials | undefined>;

/** Asks one source after the other, each registry once. */
export function firstOf(...sources: readonly CredentialSource[]): CredentialSource {
  const known = new Map<string, Promise<Credentials | undefined>>();
  const search = async (host: string) => {
    for (const source of sources) {
      const found = await source(host);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return host => {
    const found = known.get(host) ?? search(host);
    known.set(host, found);
    return found;
  };
}

/** Credentials that a user gave for one registry. They are shown to no other. */
export function given(registry: string, username: string, password: string): CredentialSource {
  return async host => (sameRegistry(host, registry) ? { username, password, source: 'the inputs' } : undefined);
}

/** On GitHub the job's own token opens GitHub's registry: pass it as `env: GITHUB_TOKEN: ${{ github.token }}`. */
export function githubToken(env: NodeJS.ProcessEnv): CredentialSource {
  return async host => {
    const password = env['GITHUB_TOKEN'];
    if (host !== 'ghcr.io' || password === undefined || password === '') return undefined;
    return { username: env['GITHUB_ACTOR'] || 'x-access-token', password, source: 'GITHUB_TOKEN' };
  };
}

export function sameRegistry(a: string, b: string): boolean {
  return a === b || (isDockerHub(a) && isDockerHub(b));
}
