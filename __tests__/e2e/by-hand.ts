import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import pMap from 'p-map';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { proofsOf } from '../../src/core/report/proofs/index.ts';
import type { ProofGroup } from '../../src/core/report/proofs/proof.ts';
import { shellWord } from '../../src/core/report/shell.ts';
import type { LabCluster, LabHost } from '../integration/lab.ts';
import { attempt, kept } from './support.ts';

/** Who checks a release by hand: with these programs, keys and folders. */
export interface Reader {
  /** A scratch folder; the signer's cosign.pub lies in it. */
  readonly folder: string;
  readonly repository: string;
  /** The folder of release.json. */
  readonly record: string;
  readonly go: string;
  readonly crane: string;
  readonly cosign: string;
  readonly host: LabHost;
  readonly cluster: LabCluster;
}

/**
 * Runs every command of the report, as it stands there. What a reader has set up beforehand stands in front of the real
 * programs: a key for ssh, a kubeconfig, and that the lab's registry has no TLS.
 */
export async function runByHand(record: ReleaseRecord, reader: Reader) {
  const bin = await programs(reader);
  const env = {
    ...process.env,
    HOME: reader.folder,
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    GOMODCACHE: kept.goModules,
  };
  const folders: Record<ProofGroup['place'], string> = {
    repository: reader.repository,
    record: reader.record,
    anywhere: reader.folder,
  };
  const all = proofsOf(record).flatMap(({ title, place, proofs }) => proofs.map(one => ({ ...one, title, place })));
  return pMap(
    all,
    async ({ title, place, claim, command, prints }) => {
      const options = { cwd: folders[place], env, timeout: 90_000 };
      const { code, stdout, stderr } = await attempt(['sh', '-e', '-c', command], options);
      const missing = prints.filter(text => !stdout.includes(text));
      return { title, claim, command, code, missing, said: code === 0 ? '' : `${stdout}${stderr}`.slice(-400) };
    },
    { concurrency: 4 },
  );
}

async function programs({ folder, go, crane, cosign, host, cluster }: Reader): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(go, join(bin, 'go'));
  const front = async (name: string, ...argv: string[]) => {
    const words = argv.map(word => (word === '$@' ? '"$@"' : shellWord(word)));
    await writeFile(join(bin, name), `#!/bin/sh\nexec ${words.join(' ')}\n`);
    await chmod(join(bin, name), 0o755);
  };
  await front('crane', crane, '--insecure', '$@');
  await front('cosign', cosign, '$@', '--allow-http-registry');
  await front('kubectl', cluster.kubectl, '--kubeconfig', cluster.kubeconfig, '$@');
  const known = `UserKnownHostsFile=${host.knownHosts}`;
  await front('ssh', '/usr/bin/ssh', '-F', 'none', '-i', host.privateKey, '-o', known, '-o', 'BatchMode=yes', '$@');
  return bin;
}
