import type { ReleaseRecord } from '../../record/schema.ts';
import { shellWord } from '../shell.ts';
import type { Proof, ProofGroup } from './proof.ts';

/** Commit and toolchain: checked in a clone of the repository. */
export function sourceProofs({ commit, commitTime, toolchain }: ReleaseRecord): ProofGroup {
  const known = commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit) && commitTime !== undefined;
  const show = "TZ=UTC0 git show --no-patch --date=format-local:%Y-%m-%dT%H:%M:%SZ --format='%H %cd'";
  return {
    title: 'Commit and toolchain',
    place: 'repository',
    needs: 'git and go',
    proofs: [
      ...(known
        ? [
            {
              claim: `The commit is of ${commitTime}.`,
              command: `${show} ${commit}`,
              prints: [`${commit} ${commitTime.replace(/\.\d+Z$/, 'Z')}`],
            },
          ]
        : []),
      ...(toolchain === undefined ? [] : toolchainProof(toolchain)),
    ],
  };
}

function toolchainProof({ version, source, verifiedBy, hash }: NonNullable<ReleaseRecord['toolchain']>): Proof[] {
  const [, module] = /\/toolchain\/@v\/(v[\w.-]+)\.zip$/.exec(source) ?? [];
  if (verifiedBy === 'checksum-database' && module !== undefined)
    return [
      {
        claim: `Go's checksum database knows ${version} by the recorded hash.`,
        command: `go mod download -json golang.org/toolchain@${module}`,
        prints: [`"Sum": "${hash}"`],
      },
    ];
  if (verifiedBy === 'sha256' && source.startsWith('https://'))
    return [
      {
        claim: `The archive of ${version} has the recorded sha256.`,
        command: `curl --fail --silent --show-error --location ${shellWord(source)} | sha256sum`,
        prints: [hash],
      },
    ];
  return [];
}

/** Binaries and what lies beside them: checked in the folder of release.json. */
export function fileProofs(record: ReleaseRecord): ProofGroup {
  const { binaries, archives = [], provenance = [] } = record;
  const listed = binaries.filter(one => one.sbom !== undefined);
  return {
    title: 'Binaries',
    place: 'record',
    needs: 'sha256sum, go and jq',
    proofs: [
      ...sums('The binaries are those of the record.', binaries),
      ...(binaries.length === 0 ? [] : [buildInfoProof(record)]),
      ...sums('The archives are those of the record.', archives),
      ...(listed.length === 0 ? [] : [sbomProof(listed)]),
      ...provenance.map(path => ({
        claim: 'The provenance statement is about these binaries.',
        command: `jq -r '.subject[] | .digest.sha256 + "  " + .name' ${file(path)} | sha256sum --check`,
        prints: [],
      })),
    ],
  };
}

function sums(claim: string, files: readonly { readonly sha256: string; readonly path: string }[]): Proof[] {
  if (files.length === 0) return [];
  const lines = files.map(({ sha256, path }) => ` \\\n  ${sha256} ${file(path)}`);
  return [
    {
      claim,
      command: `printf '%s  %s\\n'${lines.join('')} | sha256sum --check`,
      prints: files.map(({ path }) => `${local(path)}: OK`),
    },
  ];
}

function buildInfoProof({ binaries, commit, toolchain }: ReleaseRecord): Proof {
  return {
    claim: `Each binary says itself which Go made it${commit === undefined ? '' : ', from which commit'}.`,
    command: `go version -m ${binaries.map(({ path }) => file(path)).join(' ')}`,
    prints: [
      ...(toolchain === undefined ? [] : binaries.map(({ path }) => `${local(path)}: ${toolchain.version}`)),
      ...(commit === undefined ? [] : [`vcs.revision=${commit}`]),
    ],
  };
}

function sbomProof(binaries: ReleaseRecord['binaries']): Proof {
  return {
    claim: 'Each bill of materials is about its binary.',
    command: binaries
      .map(
        ({ sbom, sha256 }) => `jq -e '.metadata.component.hashes[] | select(.content == "${sha256}")' ${file(sbom!)}`,
      )
      .join('\n'),
    prints: binaries.map(({ sha256 }) => sha256),
  };
}

/** No name is taken for an option. */
const local = (path: string) => (path.startsWith('/') ? path : `./${path}`);
const file = (path: string) => shellWord(local(path));
