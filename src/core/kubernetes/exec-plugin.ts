import { messageOf, SlipwayError } from '../errors.ts';
import { run } from '../process.ts';

/** `users[].user.exec` of a kubeconfig. https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
export interface ExecSpec {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { name: string; value: string }[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
}

/** What a plugin gave: a token, or a client certificate with its key (PEM). `expires` in milliseconds since the epoch. */
export interface Credential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly expires?: number;
}

const timeout = 60_000;

/** Runs a credential plugin (EKS, GKE, Azure, OIDC logins are all of this kind). It gets no terminal and one minute. */
export async function execCredential(spec: ExecSpec, cluster: object, signal?: AbortSignal): Promise<Credential> {
  const apiVersion = spec.apiVersion ?? 'client.authentication.k8s.io/v1';
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(spec.provideClusterInfo ? { cluster } : {}) },
  };
  const env = {
    ...process.env,
    ...Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  };
  try {
    const { stdout } = await run([spec.command, ...(spec.args ?? [])], { env, timeout, ...(signal ? { signal } : {}) });
    return parseCredential(stdout);
  } catch (error) {
    throw new SlipwayError(
      'KUBE_AUTHENTICATION',
      `the kubeconfig's credential plugin ${spec.command} gave no credential: ${messageOf(error)}`,
      {
        hint:
          spec.installHint ??
          `Run the step that logs in to the cluster first, and see that ${spec.command} works on this runner.`,
        cause: error,
      },
    );
  }
}

/** Reads an ExecCredential; its text is never shown, it is a secret. */
export function parseCredential(stdout: string): Credential {
  const status = statusOf(stdout);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  if (!token && !(cert && key)) throw new Error('its answer has neither a token nor a certificate with key');
  const expires = expirationTimestamp === undefined ? Number.NaN : Date.parse(expirationTimestamp);
  return {
    ...(token ? { token } : {}),
    ...(cert && key ? { cert, key } : {}),
    ...(Number.isNaN(expires) ? {} : { expires }),
  };
}

function statusOf(stdout: string): Record<string, string | undefined> {
  let answer: { kind?: string; status?: Record<string, string> };
  try {
    answer = JSON.parse(stdout);
  } catch {
    throw new Error('its answer is not JSON');
  }
  if (answer.kind !== 'ExecCredential' || answer.status === undefined)
    throw new Error('its answer is no ExecCredential with a status');
  return answer.status;
}
