import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readExecutable, readGoBinary } from '../core/binary/index.ts';
import { SlipwayError } from '../core/errors.ts';
import { sha256, sha256File } from '../core/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { formatTarget, parseTarget, runsOn, type Target, targetOfMachine } from '../core/target.ts';
import { renderEnvironment } from './environment-file.ts';
import type { Settings } from './settings.ts';
import { renderUnit } from './unit-file.ts';

/** A binary on this machine that could be released. */
export interface Artifact {
  /** Absolute. */
  readonly path: string;
  readonly target: Target;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** All that a release folder on a host holds. The same content has the same id. */
export interface Candidate {
  readonly id: string;
  readonly artifact: Artifact;
  readonly unit: string;
  readonly environment: string;
  /** release.json: the record, as far as it is about what is released. */
  readonly manifest: string;
}

/** The candidates of the record, or the one file that the input `binary` names. */
export async function readArtifacts(
  record: ReleaseRecord,
  binary: string | undefined,
  directory: string,
): Promise<Artifact[]> {
  const ofRecord = record.binaries.filter(one => one.target.startsWith('linux/'));
  if (binary === undefined) {
    const packages = [...new Set(ofRecord.map(one => one.package))];
    if (packages.length > 1) {
      throw missing(
        `the record has binaries of ${packages.length} packages: ${packages.join(', ')}`,
        'Name one of them by the input "binary".',
      );
    }
    if (ofRecord.length === 0)
      throw missing(
        'there is no Linux binary in the record, and the input "binary" is empty',
        'Build one first, or give its path.',
      );
  }
  const named = ofRecord.filter(
    one => binary === undefined || one.package === binary || one.package.endsWith(`/${binary}`),
  );
  if (binary === undefined || named.length > 0) {
    return named.map(one => ({ path: one.path, target: parseTarget(one.target), sha256: one.sha256, size: one.size }));
  }
  return [await readFileArtifact(resolve(directory, binary))];
}

async function readFileArtifact(path: string): Promise<Artifact> {
  const { format, machine } = await readExecutable(path);
  if (format !== 'elf') throw missing(`${path} is no Linux program (${format})`, 'Give an ELF binary.');
  // another language's program has no build information: its header must do
  const target = await readGoBinary(path).then(
    go => go.target,
    () => ({ os: 'linux', arch: machine }),
  );
  return { path, target, sha256: await sha256File(path), size: (await readFile(path)).length };
}

/** The artifact that this machine runs best: of several variants, the newest that fits. */
export function chooseArtifact(artifacts: readonly Artifact[], uname: string): Artifact {
  const machine = targetOfMachine(uname);
  const fitting = artifacts.filter(one => runsOn(one.target, machine));
  const best = fitting
    .sort((a, b) => (b.target.variant ?? '').localeCompare(a.target.variant ?? ''))
    .at(machine.arch === 'amd64' ? -1 : 0);
  if (best !== undefined) return best;
  const there = artifacts.map(one => formatTarget(one.target)).join(', ');
  throw new SlipwayError(
    'ARCHITECTURE_MISMATCH',
    `this host is ${uname} (${formatTarget(machine)}); the binaries are for ${there}`,
    {
      hint: `Add ${formatTarget(machine)} to the targets of the build.`,
    },
  );
}

export function makeCandidate(artifact: Artifact, record: ReleaseRecord, settings: Settings): Candidate {
  const { service, directory, args, runAs, type, listen } = settings;
  const unit = renderUnit({ service, directory, args, runAs, type, listen: listen?.port });
  const environment = renderEnvironment(settings.environment);
  const version =
    record.version
      .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 60) || 'release';
  const id = `${version}-${sha256(JSON.stringify([artifact.sha256, unit, environment])).slice(0, 12)}`;
  const { deployments: _deployments, verification: _verification, binaries: _binaries, ...kept } = record;
  const binary = { target: formatTarget(artifact.target), size: artifact.size, sha256: artifact.sha256 };
  return {
    id,
    artifact,
    unit,
    environment,
    manifest: `${JSON.stringify({ ...kept, id, service, binary }, undefined, 2)}\n`,
  };
}

const compressed = new Map<string, Promise<Buffer>>();

/** The bytes for the upload, compressed once for all hosts, and compared with the record's hash before they go anywhere. */
export function packedOf(artifact: Artifact, directory: string): Promise<Buffer> {
  const known = compressed.get(artifact.sha256) ?? pack(artifact, directory);
  compressed.set(artifact.sha256, known);
  return known;
}

async function pack(artifact: Artifact, directory: string): Promise<Buffer> {
  const bytes = await readFile(artifact.path);
  if (sha256(bytes) !== artifact.sha256) {
    throw new SlipwayError(
      'BINARY_CHANGED',
      `${relative(directory, artifact.path)} has not the sha256 that the record says`,
      {
        hint: 'It was changed after the build, or the artifact was damaged: build again.',
      },
    );
  }
  return promisify(gzip)(bytes, { level: 4 });
}

function missing(message: string, hint: string): SlipwayError {
  return new SlipwayError('BINARY_MISSING', message, { hint: `Nothing was changed. ${hint}` });
}
