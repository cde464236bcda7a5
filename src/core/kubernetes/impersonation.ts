import { SlipwayError } from '../errors.ts';

/** HTTP headers; a group each has a header of its own. */
export type Impersonation = Readonly<Record<string, string | readonly string[]>>;

/**
 * `as`, `as-uid`, `as-groups` and `as-user-extra` of a kubeconfig's user. The library knows the first only; without the groups the
 * requests would have other rights than kubectl's.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function impersonationOf(user: unknown): Impersonation {
  const { as, ...more } = (user ?? {}) as Record<string, unknown>;
  const { 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = more;
  const others = { uid, groups, extra };
  const given = Object.entries(others).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (typeof as !== 'string' || as === '') {
    if (given.length === 0) return {};
    throw invalid('it says "as-uid", "as-groups" or "as-user-extra" without "as"');
  }
  if (groups !== undefined && groups !== null && !isTexts(groups)) throw invalid('"as-groups" is no list of texts');
  const extras = Object.entries((extra ?? {}) as Record<string, unknown>);
  if (extras.some(([, values]) => !isTexts(values))) throw invalid('"as-user-extra" holds no lists of texts');
  return {
    'impersonate-user': as,
    ...(uid ? { 'impersonate-uid': String(uid) } : {}),
    ...(isTexts(groups) && groups.length > 0 ? { 'impersonate-group': groups } : {}),
    ...Object.fromEntries(
      extras.map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, values as string[]]),
    ),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(one => typeof one === 'string');
}

function invalid(why: string): SlipwayError {
  return new SlipwayError('KUBECONFIG_INVALID', `the kubeconfig cannot be used: ${why}`, {
    hint: 'Nothing was changed. Correct the impersonation of its user.',
  });
}
