import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { run } from '../../../src/core/process.ts';
import { proofsOf } from '../../../src/core/report/proofs/index.ts';
import { shellWord } from '../../../src/core/report/shell.ts';
import { cluster, host, richRecord } from './record.ts';

const commands = (record = richRecord()) => proofsOf(record).flatMap(({ proofs }) => proofs.map(one => one.command));

describe('commands to check a record by hand', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-proofs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('there is one for each link of the chain, with the values of the record', () => {
    const [a, b, one] = ['a', 'b', '1'].map(digit => digit.repeat(64));
    expect(commands()).toEqual([
      expect.stringContaining(`git show --no-patch`),
      'go mod download -json golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64',
      expect.stringMatching(new RegExp(`^printf .*\\n {2}${one} \\./hello-linux-amd64 .*\\| sha256sum --check$`, 's')),
      'go version -m ./hello-linux-amd64 ./hello-linux-arm64',
      expect.stringContaining(`jq -e '.metadata.component.hashes[] | select(.content == "${one}")'`),
      `crane manifest registry.example.com/hello@sha256:${a} | sha256sum`,
      'crane digest registry.example.com/hello:v1.1.0',
      `crane digest --platform linux/amd64 registry.example.com/hello@sha256:${a}\ncrane export registry.example.com/hello@sha256:${b} - | tar --extract --file=- --to-command=sha256sum`,
      `cosign verify-attestation --type slsaprovenance1 --key cosign.pub --insecure-ignore-tlog=true registry.example.com/hello@sha256:${a}`,
      `ssh ssh://deploy@web1.example.com:22 'sudo sha256sum /proc/$(systemctl show --property=MainPID --value -- hello)/exe'`,
      `ssh ssh://deploy@web1.example.com:22 'systemctl is-active -- hello'`,
      `kubectl --context=lab --namespace=production get --output=jsonpath='{.spec.template.spec.containers[*].image}' -- Deployment/hello`,
      expect.stringContaining('kubectl --context=lab --namespace=production get pods'),
      `curl --silent --show-error --output /dev/null --write-out '%{http_code}\\n' https://hello.example.com/readyz`,
    ]);
  });

  test('a signature without a key is checked for the identity that the record names', () => {
    const identity = {
      subject: 'https://github.com/acme/hello/.github/workflows/release.yml@refs/tags/v1.1.0',
      issuer: 'https://token.actions.githubusercontent.com',
    };
    const good = richRecord();
    const images = good.images.map(image => ({
      ...image,
      attestations: image.attestations.map(one => ({ ...one, signedBy: 'keyless', identity })),
    }));
    expect(commands(richRecord({ images }))).toContain(
      `cosign verify-attestation --type slsaprovenance1 --certificate-oidc-issuer=${identity.issuer} --certificate-identity=${identity.subject} registry.example.com/hello@sha256:${'a'.repeat(64)}`,
    );
  });

  test('of two instances it is the one that serves', () => {
    const unitFiles = [{ path: '/etc/systemd/system/hello-green.service', sha256: '1'.repeat(64) }];
    const green = richRecord({ deployments: [host({ evidence: { unitFiles } })] });
    expect(commands(green)).toContain(`ssh ssh://deploy@web1.example.com:22 'systemctl is-active -- hello-green'`);
  });

  test('of a job it is what its timer starts', () => {
    const job = richRecord({ deployments: [host({ evidence: { timer: { lastRun: 'succeeded' } } })] });
    expect(commands(job).filter(one => one.startsWith('ssh'))).toEqual([
      expect.stringMatching(/sha256sum \$\(systemctl show --property=ExecStart --value -- hello \| sed /),
      `ssh ssh://deploy@web1.example.com:22 'systemctl is-active -- hello.timer'`,
    ]);
  });

  test('what was rolled back is not said to run', () => {
    const gone = richRecord({ deployments: [host({ state: 'rolled-back' }), cluster({ state: 'failed' })] });
    expect(commands(gone).filter(one => /^(ssh|kubectl)/.test(one))).toEqual([]);
  });

  test('an archive of Go that was checked by its sha256 is fetched and hashed', () => {
    const toolchain = {
      version: 'go1.26.8',
      source: 'https://go.dev/dl/x.tar.gz',
      verifiedBy: 'sha256',
      hash: 'f0',
    } as const;
    expect(commands(richRecord({ toolchain }))).toContain(
      'curl --fail --silent --show-error --location https://go.dev/dl/x.tar.gz | sha256sum',
    );
  });

  test('a word is one word for a real shell, whatever is in it', async () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), 300).map(text => text.replaceAll('\0', ''));
    const { stdout } = await run(['sh', '-c', `printf '%s\\0' ${texts.map(shellWord).join(' ')}`], { timeout: 20_000 });
    expect(stdout.split('\0').slice(0, -1)).toEqual(texts.map(text => Buffer.from(text).toString()));
  });

  test('a record with commands in its texts makes no shell run them', async () => {
    const evil = `x'; touch ${join(folder, 'ran')}; '$(touch ${join(folder, 'ran')})\n touch ${join(folder, 'ran')}\n`;
    const good = richRecord();
    const record = richRecord({
      commit: evil,
      commitTime: evil,
      toolchain: { ...good.toolchain!, source: `https://${evil}`, verifiedBy: 'sha256' },
      binaries: good.binaries.map(one => ({ ...one, path: evil, sbom: evil })),
      provenance: [evil],
      images: good.images.map(one => ({ ...one, repositories: [evil], tags: [evil] })),
      deployments: [host({ place: evil, service: evil }), cluster({ place: `${evil}/${evil}`, service: evil })],
      verification: {
        ...good.verification!,
        checks: [{ kind: 'check', verdict: 'passed', name: `https://x/?${evil.trim()}` }],
      },
    });
    const all = commands(record);
    expect(all.length).toBeGreaterThan(9);
    // no program is found, so that whatever runs is the shell's own doing
    await run(['/bin/sh', '-c', `touch() { echo > "$1"; }\n${all.join('\n')}`], {
      cwd: folder,
      env: { PATH: '/nonexistent' },
      timeout: 20_000,
      accept: [0, 1, 127],
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
