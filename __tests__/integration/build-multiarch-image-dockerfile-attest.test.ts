import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import { buildPrograms, freshRepository, runImage, temporary } from './build-multiarch-image.ts';
import { type BuildKit, startBuildKit } from './buildkit.ts';
import { describeWith } from './lab.ts';

const timeout = 120_000;
const dockerfile = `FROM scratch
ARG TARGETARCH
ARG NOTE
COPY slipway-out/hello-linux-$TARGETARCH /hello
LABEL note=$NOTE
ENTRYPOINT ["/hello"]
`;

await describeWith(
  ['registry', 'go', 'peer:buildkitd', 'peer:buildx', 'peer:crane', 'package:runc', 'package:buildah'],
  'attestations of an image of a Dockerfile',
  lab => {
    const { host } = lab.registry;
    const path = [dirname(process.execPath), dirname(lab['peer:buildx']), process.env['PATH']].join(':');
    let folder: Awaited<ReturnType<typeof temporary>>;
    let buildkit: BuildKit;
    let release: string;
    beforeAll(async () => {
      folder = await temporary();
      buildkit = await startBuildKit(lab['peer:buildkitd']);
      release = (await buildPrograms(folder.path, lab.go, ['linux/amd64', 'linux/arm64'])).file;
      await writeFile(join(folder.path, 'Dockerfile'), dockerfile);
    }, 300_000);
    afterAll(async () => {
      await buildkit?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    }, 60_000);
    const json = async (...argv: string[]) =>
      JSON.parse((await run([lab['peer:crane'], ...argv, '--insecure'], { timeout })).stdout);

    test.each(['buildx', 'buildah'])(
      '%s: the index holds images only; values of build arguments are in no statement',
      async engine => {
        const value = `hunter2-of-${engine}`;
        const images = freshRepository(host);
        const inputs = { release, images, insecure: host, engine, platforms: 'linux/amd64,linux/arm64', tags: 'v1' };
        const attested = { provenance: 'true', sbom: 'cyclonedx,spdx', 'build-args': `NOTE=${value}` };
        const builder = engine === 'buildx' ? { builder: buildkit.unix } : {};
        const ran = await runImage(folder.path, { ...inputs, ...attested, ...builder }, { env: { PATH: path } });
        expect([ran.code, ran.log.match(/::error.*/)?.[0]]).toEqual([0, undefined]);
        // The argument was used, so that it could be there.
        const { config } = await json('config', '--platform', 'linux/arm64', `${images}:v1`);
        expect(config.Labels.note).toBe(value);
        const { manifests } = (await json('manifest', `${images}:v1`)) as { manifests: { platform: object }[] };
        expect(manifests.map(one => one.platform)).toEqual([
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64' },
        ]);
        const record = parseRecord(await readFile(release, 'utf8'), release);
        const { attestations } = record.images.find(one => one.repositories.includes(images))!;
        // Provenance of the index and both platforms, two SBOMs a platform.
        expect(attestations).toHaveLength(7);
        for (const { digest, type } of attestations) {
          const manifest = await json('manifest', `${images}@${digest}`);
          const statement = await json('blob', `${images}@${manifest.layers[0].digest}`);
          expect(statement.predicateType).toBe(type);
          expect(JSON.stringify(statement)).not.toContain(value);
        }
      },
      timeout,
    );
  },
);
