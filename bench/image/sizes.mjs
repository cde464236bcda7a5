import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { run } from '../../scripts/lab/run.mjs';
import { root } from '../../scripts/root.mjs';
import { scratch } from '../../src/build-multiarch-image/assets/scratch.ts';
import { deflateParameters } from '../../src/core/deflate.ts';
import { row } from '../lib/measure.mjs';
import { sizeOf } from '../lib/stored-image.mjs';

const platform = 'linux/amd64';

/** What an image weighs: that of examples/hello over its parts, and that of a gin service on the wire and unpacked. */
export async function sizes({ stage, short, progress }) {
  const hello = await imageOf(stage, join(root, 'examples/hello'), []);
  const base = scratch.size;
  const binary = deflateRawSync(readFileSync(hello.program), deflateParameters).length;
  const gin = short ? hello : await imageOf(stage, join(root, 'bench/image/gin'), ['-tags=nomsgpack']);
  const bytes = readFileSync(gin.program).length;
  progress(`hello: ${hello.wire} bytes, of which base ${base}, binary ${binary}; gin: program ${bytes}`);
  const samples = {
    hello: [hello.wire / 1e3],
    parts: [(base + binary) / 1e3],
    wire: [gin.wire / 1e6],
    unpacked: [gin.unpacked / 1e6],
    program: [bytes / 1e6],
  };
  const of = wanted => row(wanted, samples);
  return {
    rows: [
      of({
        name: 'examples/hello: the image, against base and compressed binary',
        ours: 'hello',
        peer: 'parts',
        unit: 'KB',
        goal: { more: 4 },
      }),
      of({
        name: 'a gin service: pulled, against the program',
        ours: 'wire',
        peer: 'program',
        unit: 'MB',
        goal: { most: 4 },
      }),
      of({
        name: 'a gin service: unpacked, against the program',
        ours: 'unpacked',
        peer: 'program',
        unit: 'MB',
        goal: { most: 9.5 },
      }),
    ],
    samples,
    versions: {},
  };
}

/** Builds a module's program for one platform without debug information, and pushes its image. */
async function imageOf(stage, source, flags) {
  const name = source.split('/').at(-1);
  const folder = join(stage.folder, `size-${name}`);
  mkdirSync(folder);
  cpSync(source, join(folder, 'source'), { recursive: true });
  const program = join(folder, name);
  const [os, arch] = platform.split('/');
  const proxy = process.env.GOPROXY === undefined ? {} : { GOPROXY: process.env.GOPROXY };
  const { GOPROXY: _, ...env } = stage.env({ GOOS: os, GOARCH: arch, CGO_ENABLED: '0' });
  const argv = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', ...flags, '-o', program, '.'];
  await run([stage.go, ...argv], { cwd: join(folder, 'source'), env: { ...env, ...proxy }, timeout: 900_000 });
  const images = stage.repository();
  const inputs = { 'working-directory': folder, binaries: program, images, tags: 'v1', 'layer-cache': 'off' };
  await stage.step('build-multiarch-image', inputs, { env: stage.env() });
  return { program, ...(await sizeOf(images, 'v1', platform)) };
}
