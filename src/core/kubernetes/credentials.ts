import { readFile } from 'node:fs/promises';
import { setSecret } from '@actions/core';
import { SlipwayError } from '../errors.ts';
import { type Credential, type ExecSpec, execCredential } from './exec-plugin.ts';
import type { Access } from './kubeconfig.ts';

/** How a request proves who it is. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** PEM. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** Gives credentials that are valid now; `renew` throws the kept ones away (after a 401). */
export type CredentialSource = (signal: AbortSignal | undefined, renew?: boolean) => Promise<Credentials>;

const early = 60_000; // a token is renewed this long before it expires
const fileAge = 60_000; // and a token file read again after this

/** Certificates, tokens, token files, credential plugins and basic authentication. */
export function credentialSource({ user, cluster, impersonation }: Access): CredentialSource {
  const provider = user.authProvider as
    | { name?: string; config?: { tokenFile?: string; exec?: ExecSpec } }
    | null
    | undefined;
  const exec = (user.exec ?? provider?.config?.exec) as ExecSpec | undefined;
  const tokenFile = provider?.config?.tokenFile;
  if (provider && !exec && !tokenFile) {
    throw new SlipwayError(
      'KUBE_AUTHENTICATION',
      `the kubeconfig's auth-provider "${provider.name}" was removed from Kubernetes 1.26`,
      {
        hint: 'Use a credential plugin (`exec`), a token or a client certificate.',
      },
    );
  }
  let kept: Promise<Credential> | undefined;
  const fresh = async (signal: AbortSignal | undefined): Promise<Credential> => {
    if (exec !== undefined) return execCredential(exec, { server: cluster.server }, signal);
    if (tokenFile !== undefined)
      return { token: (await readFile(tokenFile, 'utf8')).trim(), expires: Date.now() + early + fileAge };
    return {
      ...(user.token ? { token: user.token } : {}),
      ...(await certificate(user)),
    };
  };
  return async (signal, renew = false) => {
    if (renew) kept = undefined;
    const current = kept;
    const known = await current?.catch(() => undefined);
    const ends = known === undefined ? 0 : (known.expires ?? Number.POSITIVE_INFINITY);
    // of requests that go out at once only the first one fetches
    if (kept === current && ends - early < Date.now()) kept = fresh(signal).then(masked);
    const { token, cert, key } = await kept!;
    const authorization = token !== undefined ? `Bearer ${token}` : basic(user.username, user.password);
    return {
      headers: { ...impersonation, ...(authorization === undefined ? {} : { authorization }) },
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    };
  };
}

/** Once for each new token, not once for each request: every mask is a line of the log. */
function masked(credential: Credential): Credential {
  if (credential.token !== undefined) setSecret(credential.token);
  return credential;
}

async function certificate(user: Access['user']): Promise<{ cert?: string; key?: string }> {
  const cert = await fileOrData(user.certFile, user.certData);
  const key = await fileOrData(user.keyFile, user.keyData);
  return cert !== undefined && key !== undefined ? { cert, key } : {};
}

/** A file's text, or data in base64, as kubeconfigs have them. */
export async function fileOrData(file: string | undefined, data: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!file) return undefined;
  return readFile(file, 'utf8').catch(error => {
    throw new SlipwayError('KUBECONFIG_INVALID', `the kubeconfig names ${file}, which cannot be read: ${error.code}`, {
      hint: 'Embed the data: `kubectl config view --raw --flatten`.',
    });
  });
}

function basic(name: string | undefined, password: string | undefined): string | undefined {
  return name ? `Basic ${Buffer.from(`${name}:${password ?? ''}`).toString('base64')}` : undefined;
}
