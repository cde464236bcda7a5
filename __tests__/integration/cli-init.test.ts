import { readFile, rm } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { survey } from '../../src/cli/init/survey.ts';
import { judge } from '../cli/init/programs.ts';
import { command, kept, temporaryFolder } from '../e2e/support.ts';
import { labModule } from './lab.ts';

/** What examples/podinfo requires, so that it is downloaded once. */
const version = /stefanprodan\/podinfo (\S+)/.exec(
  await readFile(new URL('../../examples/podinfo/go.mod', import.meta.url), 'utf8'),
)?.[1];

test('slipway init on the whole repository of podinfo: one of two programs, Dockerfile, kustomize folder', async () => {
  const folder = await temporaryFolder();
  try {
    const { ensureGo } = await labModule('go');
    const { Dir } = JSON.parse(
      await command([await ensureGo(), 'mod', 'download', '-json', `github.com/stefanprodan/podinfo@${version}`], {
        cwd: folder,
        env: { ...process.env, GOMODCACHE: kept.goModules, GOFLAGS: '-mod=mod' },
        timeout: 100_000,
      }),
    );
    const found = await survey(Dir);
    expect(found).toMatchObject({
      program: { package: './cmd/podinfo', name: 'podinfo' },
      others: [{ package: './cmd/podcli' }],
      port: { value: 9898, at: expect.stringMatching(/^cmd\/podinfo\/main\.go:\d+$/) },
      healthPath: { value: '/readyz', at: expect.stringMatching(/^pkg\/api\/http\/server\.go:\d+$/) },
      grpc: { value: true },
      image: { value: 'ghcr.io/stefanprodan/podinfo', at: expect.stringMatching(/^kustomize\/deployment\.yaml:\d+$/) },
      dockerfile: { base: { value: expect.stringMatching(/^docker\.io\/library\/alpine:/) } },
      manifests: {
        workload: { value: 'deployment/podinfo' },
        ports: [{ value: 9898 }, { value: 9797 }, { value: 9999 }],
      },
    });
    const { written, schemaErrors, after } = await judge(found, { hosts: [] });
    expect([schemaErrors, after]).toEqual([[], '']);
    expect(written.todos.map(({ key }) => key)).toEqual(['probes', 'checks']);
    expect(written.text).toContain('files: [ui:/home/app/ui]');
    expect(written.notes).toEqual(
      expect.arrayContaining([expect.stringContaining('curl'), expect.stringContaining('starts ./podinfo')]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
