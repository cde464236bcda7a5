import type { Context } from '../core/action.ts';
import { readRequirement } from '../core/attestation/signer.ts';
import { beginRecord } from '../core/record/begin.ts';
import type { LoadedRecord } from '../core/record/files.ts';
import { releaseVersion } from '../core/version.ts';
import { type Artifact, readArtifacts } from './artifacts.ts';
import { mustBeAttested } from './attested.ts';
import { composeArtifacts } from './compose/artifact.ts';
import { imageArtifacts } from './container/image.ts';
import { servedByHosts } from './converge.ts';
import { collectFiles, type ExtraFile } from './extra-files.ts';
import type { HostSession } from './host-session.ts';
import type { definition } from './inputs.ts';
import type { Settings } from './settings.ts';
import type { WholeRelease } from './whole-release.ts';

type Here = Context<typeof definition.inputs>;

export interface ToServe {
  readonly release: LoadedRecord;
  readonly artifacts: readonly Artifact[];
  readonly files: readonly ExtraFile[];
  /** What hosts serve, where the others are to get the same. */
  readonly whole: readonly WholeRelease[];
}

/** The record, which is begun where there is none, and what a host may get. */
export async function whatToServe(
  sessions: readonly HostSession[],
  settings: Settings,
  context: Here,
  stack: AsyncDisposableStack,
): Promise<ToServe> {
  const { inputs, directory, signal, record: given } = context;
  const { mode, service: name } = settings;
  const needsBinary = mode === 'plan' || mode === 'deploy' || mode === 'converge';
  const requirement = needsBinary ? await readRequirement(inputs, directory) : undefined;
  if (mode === 'converge' && given === undefined) {
    const { release, whole } = await servedByHosts(sessions, requirement !== undefined);
    const { version, commit, commitTime } = release;
    const begun = beginRecord(directory, { name, version, commit, commitTime });
    return { release: begun, artifacts: whole.map(({ artifact }) => artifact), files: [], whole };
  }
  const files = needsBinary ? await collectFiles(settings.files, directory, signal) : [];
  const release = given ?? beginRecord(directory, { name, ...(await releaseVersion({ directory, signal })) });
  if (!needsBinary) return { release, artifacts: [], files, whole: [] };
  const { image, compose } = settings.container ?? {};
  const registries = { ...inputs, insecure: inputs['insecure-registries'] };
  const artifacts =
    compose !== undefined
      ? await composeArtifacts(compose, stack)
      : image !== undefined
        ? await imageArtifacts(registries, image, stack, signal)
        : await readArtifacts(release.record, inputs.binary, directory);
  return {
    release,
    artifacts: requirement === undefined ? artifacts : await mustBeAttested(artifacts, requirement),
    files,
    whole: [],
  };
}
