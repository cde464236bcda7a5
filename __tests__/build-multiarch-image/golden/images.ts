import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assemble } from '../../../src/build-multiarch-image/assemble.ts';
import { definition } from '../../../src/build-multiarch-image/inputs.ts';
import { byPlatform, type PlatformBinaries } from '../../../src/build-multiarch-image/select.ts';
import { sha256 } from '../../../src/core/files.ts';
import { readInputs } from '../../../src/core/inputs.ts';
import type { ReleaseRecord } from '../../../src/core/record/schema.ts';
import { RegistryClient } from '../../../src/core/registry/client.ts';
import { parseTarget } from '../../../src/core/target.ts';
import { elf } from '../elf.ts';

const record: ReleaseRecord = {
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1.2.3',
  commit: '0123456789abcdef0123456789abcdef01234567',
  commitTime: '2026-01-02T03:04:05Z',
  binaries: [],
  images: [],
  deployments: [],
};

/** Every variant that Go has for Linux. */
const variants = (
  '386 amd64 amd64/v2 amd64/v3 amd64/v4 arm/v5 arm/v6 arm/v7 arm64 arm64/v9.0 loong64 mips mips64 mips64le mipsle ' +
  'ppc64 ppc64le riscv64 s390x'
)
  .split(' ')
  .map(name => `linux/${name}`);

/** Images by what they show; all that they are made of is made here. */
const cases: Record<string, { platforms: string[]; programs?: string[]; inputs?: Record<string, string> }> = {
  'two platforms': { platforms: ['linux/amd64', 'linux/arm64'] },
  'every variant': { platforms: variants },
  'several programs': {
    platforms: ['linux/amd64', 'linux/arm/v7'],
    programs: ['hello', 'migrate'],
    inputs: { entrypoint: '/usr/local/bin/hello', cmd: '-x', 'stop-signal': 'SIGINT' },
  },
  zstd: { platforms: ['linux/amd64', 'linux/arm64'], inputs: { compression: 'zstd' } },
  docker: { platforms: ['linux/amd64', 'linux/arm64'], inputs: { 'media-types': 'docker' } },
  files: {
    platforms: ['linux/amd64'],
    inputs: { files: 'web:/srv/www\nweb/a.txt:/etc/app/a.conf:0640', labels: 'a=b', annotations: 'index:c=d' },
  },
};

/** The digest of each, made anew in `folder`. */
export async function goldenDigests(folder: string): Promise<Record<string, string>> {
  const kept = { ...process.env };
  for (const name of ['GITHUB_SERVER_URL', 'GITHUB_REPOSITORY']) delete process.env[name]; // they become labels
  try {
    await mkdir(join(folder, 'web', 'deep'), { recursive: true });
    await writeFile(join(folder, 'web', 'a.txt'), 'a');
    await writeFile(join(folder, 'web', 'deep', `${'long-'.repeat(30)}ü.txt`), 'b'.repeat(3000));
    const digests: Record<string, string> = {};
    for (const name of Object.keys(cases)) digests[name] = await digestOf(name, folder);
    return digests;
  } finally {
    Object.assign(process.env, kept);
  }
}

async function digestOf(name: string, directory: string): Promise<string> {
  const { platforms, programs = ['hello'], inputs = {} } = cases[name]!;
  const folder = await mkdtemp(join(directory, 'layers-'));
  using client = new RegistryClient({ credentials: [], insecure: false });
  const graph = await assemble({
    inputs: readInputs(definition.inputs, {}, { ...inputs, 'layer-cache': 'off' }),
    record,
    platforms: await binariesOf(platforms, programs, folder),
    seconds: Date.parse(record.commitTime!) / 1000,
    folder,
    directory,
    client,
    spans: [],
    signal: AbortSignal.timeout(120_000),
  });
  return graph.descriptor.digest;
}

async function binariesOf(platforms: string[], programs: string[], folder: string): Promise<PlatformBinaries[]> {
  const binaries = await Promise.all(
    platforms.flatMap(platform =>
      programs.map(async name => {
        const bytes = elf('amd64', code(`${platform} ${name}`));
        const path = join(folder, `${name}-${platform.replaceAll('/', '-')}`);
        await writeFile(path, bytes);
        const target = parseTarget(platform);
        return { target, package: `example.com/${name}`, name, path, size: bytes.length, sha256: sha256(bytes) };
      }),
    ),
  );
  return byPlatform(binaries, []);
}

/** Some 200 KB that compress about as a program does. */
function code(seed: string): string {
  let text = '';
  for (let i = 0; i < 1_500; i++) text += `${sha256(`${seed} ${i}`)} ${'push call return '.repeat(i % 7)}\n`;
  return text;
}
