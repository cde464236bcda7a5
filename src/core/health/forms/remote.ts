import { readIdentity } from '../../attestation/identity.ts';
import type { SignerInputs } from '../../attestation/inputs.ts';
import { messageOf } from '../../errors.ts';
import type { HttpCheck, ImageCheck, Limits, PrometheusCheck } from '../check.ts';
import type { Form, Given } from './form.ts';
import { httpCheck } from './http.ts';
import { routeKeys, tlsKeys } from './network.ts';
import { amount, fail, flag, headerMap, headerValue, pem, text, texts } from './readers.ts';

export const prometheus: Form = {
  word: 'prometheus',
  example: 'prometheus http://prometheus:9090 query "up{job=\\"hello\\"}" at-least 1',
  keys: {
    query: text,
    above: amount,
    below: amount,
    'at-least': amount,
    'at-most': amount,
    equals: amount,
    headers: headerMap(headerValue),
    ...tlsKeys,
    ...routeKeys,
  },
  make: (target, given): PrometheusCheck => {
    const { name, within, query, above, below, atLeast, atMost, equals, headers, ...request } = given;
    if (query === undefined) fail('"query" is missing: what Prometheus is asked');
    const limits = defined({ above, below, atLeast, atMost, equals }) as Limits;
    if (Object.keys(limits).length === 0) fail('a limit is missing: above, below, at-least, at-most or equals');
    return {
      kind: 'prometheus',
      name: name ?? `prometheus ${query}`,
      ...(within === undefined ? {} : { within }),
      query,
      limits,
      request: queryRequest(text.read(target, 'prometheus'), query, { ...request, headers }),
    };
  },
};

/** The request of an instant query. https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
export function queryRequest(
  server: string,
  query: string,
  given: Partial<HttpCheck> = {},
  /** Seconds since the epoch; now where none is given. */
  time?: number,
): HttpCheck {
  const base = httpCheck(server);
  const at = time === undefined ? '' : `&time=${time.toFixed(3)}`;
  return {
    ...base,
    ...given,
    url: new URL(`${base.url.href.replace(/\/$/, '')}/api/v1/query`),
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...given.headers },
    body: `query=${encodeURIComponent(query)}${at}`,
  };
}

export const image: Form = {
  word: 'image',
  example: 'image ghcr.io/acme/hello:v1 digest sha256:…',
  keys: {
    digest: text,
    platforms: texts,
    attestations: texts,
    'signed-by': pem,
    'certificate-identity': text,
    'certificate-identity-regexp': text,
    'certificate-oidc-issuer': text,
    'source-repository': text,
    'signer-workflow': text,
    'trusted-root': text,
    insecure: flag,
  },
  make: (target, all): ImageCheck => {
    const reference = text.read(target, 'image');
    const { identity, given } = identityIn(all);
    if (given['digest'] !== undefined && !/^sha256:[0-9a-f]{64}$/.test(given['digest'])) {
      fail(`"digest" is "${given['digest']}": it is not sha256: and 64 hexadecimal digits`);
    }
    const by = [given['signedBy'] && 'signed-by', identity && Object.keys(identity)[0]].filter(Boolean);
    if (by.length === 2) fail(`"${by[0]}" and "${by[1]}" both say who must have signed: give one of them`);
    if (by.length === 1 && (given['attestations'] ?? []).length === 0) {
      fail(`"${by[0]}" needs "attestations": which statements must be signed`);
    }
    const defaults = { platforms: [], attestations: [], insecure: false };
    const signer = identity === undefined ? {} : { identity };
    return { kind: 'image', name: `image ${reference}`, reference, ...defaults, ...given, ...signer };
  },
};

/** The keys that say whose identity counts, by the names of the inputs; and the others. */
function identityIn({
  certificateIdentity,
  certificateIdentityRegexp,
  certificateOidcIssuer,
  sourceRepository,
  signerWorkflow,
  trustedRoot,
  ...given
}: Given): { identity: SignerInputs | undefined; given: Given } {
  const identity = defined({
    'certificate-identity': certificateIdentity,
    'certificate-identity-regexp': certificateIdentityRegexp,
    'certificate-oidc-issuer': certificateOidcIssuer,
    'source-repository': sourceRepository,
    'signer-workflow': signerWorkflow,
    'trusted-root': trustedRoot,
  }) as SignerInputs;
  if (Object.keys(identity).length === 0) return { identity: undefined, given };
  try {
    readIdentity(identity);
  } catch (error) {
    fail(messageOf(error).replace(/^input /, ''));
  }
  return { identity, given };
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
