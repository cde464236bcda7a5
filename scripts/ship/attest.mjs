// Who made the archive, from what: SLSA provenance, signed by the identity of the job, and checked as a user would.
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { signKeyless } from '../../src/build-multiarch-image/attest/keyless.ts';
import { endpointsFor } from '../../src/build-multiarch-image/attest/sigstore.ts';
import { fileMustBeAttested } from '../../src/core/attestation/file.ts';
import { readRequirement } from '../../src/core/attestation/signer.ts';
import { predicateTypes } from '../../src/core/attestation/statement.ts';
import { builderOf } from '../../src/core/builder.ts';

/**
 * Writes the bundle beside the archive, where a release takes it along.
 *
 * @returns what attests it: predicate type and whose signature
 */
export async function attest({ record }, { env, signal, sigstore, trustedRoot }) {
  const [archive] = record.archives;
  const endpoints = await endpointsFor(
    { 'fulcio-url': sigstore.fulcio, 'rekor-url': sigstore.rekor, 'timestamp-url': undefined },
    env,
  );
  const statement = Buffer.from(JSON.stringify(provenanceOf(record, builderOf(env))));
  const { bytes } = await signKeyless(statement, endpoints, signal);
  await writeFile(`${archive.path}.sigstore.json`, bytes);
  const requirement = await readRequirement(
    {
      'require-attestation': 'keyless',
      'predicate-type': 'provenance',
      'source-repository': env.GITHUB_REPOSITORY,
      'trusted-root': trustedRoot,
    },
    '.',
  );
  return fileMustBeAttested(archive, requirement);
}

/** https://slsa.dev/spec/v1.1/provenance. Nothing is compiled: the archive is the commit's files, `git archive` and gzip. */
function provenanceOf({ version, commit, archives: [archive] }, builder) {
  const { id, source, invocation, github } = builder;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: basename(archive.path), digest: { sha256: archive.sha256 } }],
    predicateType: predicateTypes.provenance,
    predicate: {
      buildDefinition: {
        buildType: 'urn:slipway:ship:v1',
        externalParameters: { version, ...(source === undefined ? {} : { source }) },
        ...(github === undefined ? {} : { internalParameters: { github } }),
        resolvedDependencies: [{ name: 'source', digest: { gitCommit: commit } }],
      },
      runDetails: { builder: { id }, ...(invocation === undefined ? {} : { metadata: { invocationId: invocation } }) },
    },
  };
}
