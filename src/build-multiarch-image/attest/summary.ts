import type { Attestation } from '../../core/record/schema.ts';
import { table } from '../../core/summary.ts';

/** The attestations and, of an image in a registry, how to check them; empty where there are none. */
export function attestationSummary(
  attested: readonly Attestation[],
  image: string | undefined,
  env: NodeJS.ProcessEnv,
): string {
  if (attested.length === 0) return '';
  const rows = attested.map(({ type, subject, digest }) => [type, `\`${subject}\``, `\`${digest}\``]);
  return [
    '',
    '#### Attestations',
    table(['Predicate', 'Subject', 'Artifact'], rows),
    ...(image === undefined ? [] : [commands(attested, image, env)]),
  ].join('\n\n');
}

function commands(attested: readonly Attestation[], image: string, env: NodeJS.ProcessEnv): string {
  const [{ signedBy } = {}] = attested;
  const who =
    signedBy === undefined
      ? undefined
      : signedBy === 'keyless'
        ? `--certificate-oidc-issuer https://token.actions.githubusercontent.com --certificate-identity-regexp "^${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${env['GITHUB_REPOSITORY'] ?? 'OWNER/REPO'}/"`
        : '--key cosign.pub --insecure-ignore-tlog=true';
  const types = new Set(attested.map(one => one.type));
  return [
    '```sh',
    `cosign tree ${image}`,
    ...(who === undefined ? [] : [`cosign verify ${who} ${image}`]),
    ...(who !== undefined && types.has('https://slsa.dev/provenance/v1')
      ? [`cosign verify-attestation ${who} --type slsaprovenance1 ${image}`]
      : []),
    '```',
  ].join('\n');
}
