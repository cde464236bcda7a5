// BuildKit and buildah over the programs of a job, with a Dockerfile for what is in ours: its base, the program. Both
// remember where they have pushed a layer to and would mount it from there: each build gets programs that nobody has
// pushed before, as on a fresh runner. Only the base is in BuildKit's cache.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/lab/apt.mjs';
import { peer } from '../../scripts/lab/peers.mjs';
import { waitUntil } from '../../scripts/lab/process.mjs';
import { capture, run } from '../../scripts/lab/run.mjs';
import { baseLayer, platforms, programOf } from './stage.mjs';

/** The folder that both build: a Dockerfile, and each program in a folder of its architecture; `renew` makes them new. */
export function writeContext(stage, job) {
  const folder = join(stage.folder, 'context');
  mkdirSync(folder);
  copyFileSync(baseLayer, join(folder, 'base.tar.gz'));
  const lines = [
    'FROM scratch',
    'ADD base.tar.gz /',
    'ARG TARGETARCH',
    'COPY $TARGETARCH/service /usr/local/bin/service',
    'USER 65532',
    'ENTRYPOINT ["/usr/local/bin/service"]',
  ];
  writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
  const programs = platforms.map(platform => {
    const arch = join(folder, platform.split('/')[1]);
    mkdirSync(arch);
    return { from: programOf(job, platform), to: join(arch, 'service') };
  });
  const renew = () => {
    for (const { from, to } of programs) {
      copyFileSync(from, to);
      appendFileSync(to, randomBytes(32));
    }
  };
  return { folder, renew };
}

/** buildkitd is running already; what is timed is buildctl. */
export async function startBuildKit(stage, context, { progress }) {
  await ensurePackages(['runc']);
  const [daemon, program] = [await peer('buildkitd', { progress }), await peer('buildctl', { progress })];
  const folder = join(stage.folder, 'buildkit');
  const address = `unix://${folder}/s`;
  mkdirSync(join(folder, 'root'), { recursive: true });
  const config = [
    `root = "${folder}/root"`,
    `[grpc]\naddress = ["${address}"]`,
    '[worker.oci]\nenabled = true',
    '[worker.containerd]\nenabled = false',
    `[registry."${stage.registry.host}"]\nhttp = true`,
  ];
  writeFileSync(join(folder, 'buildkitd.toml'), config.join('\n'));
  const child = spawn(daemon, ['--config', join(folder, 'buildkitd.toml')], { stdio: 'ignore' });
  const ended = new Promise(resolve => child.once('close', resolve));
  const end = async () => {
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(hard);
  };
  const workers = () => capture([program, '--addr', address, 'debug', 'workers'], { env: stage.env() });
  try {
    await waitUntil('starting buildkitd', 30_000, async () => {
      if (child.exitCode !== null) throw new Error(`buildkitd ended with code ${child.exitCode}`);
      return (await workers()).code === 0;
    });
  } catch (error) {
    await end();
    throw error;
  }
  const { folder: source, renew } = context;
  const from = ['--local', `context=${source}`, '--local', `dockerfile=${source}`];
  const build = ['build', '--frontend', 'dockerfile.v0', ...from, '--opt', `platform=${platforms.join()}`];
  return {
    program,
    end,
    async build(repository) {
      renew();
      const output = ['--output', `type=image,name=${repository}:v1,push=true`];
      return (await stage.timed([program, '--addr', address, ...build, ...output], { env: stage.env() })).seconds;
    },
  };
}

/** With storage of its own; what is timed are build and push. */
export async function buildahOf(stage, context) {
  await ensurePackages(['buildah']);
  const folder = join(stage.folder, 'buildah');
  const buildah = ['buildah', '--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
  const quiet = (...argv) => capture([...buildah, ...argv], { env: stage.env() });
  const build = ['build', '--platform', platforms.join(), '--manifest', 'service'];
  const push = ['manifest', 'push', '--all', '--tls-verify=false', 'service'];
  const clear = async () => {
    await quiet('manifest', 'rm', 'service');
    await quiet('rmi', '--all', '--force');
  };
  return {
    version: (await run(['buildah', '--version'])).split(' ')[2],
    async build(repository) {
      await clear();
      context.renew();
      const env = stage.env();
      const built = await stage.timed([...buildah, ...build, context.folder], { env });
      const pushed = await stage.timed([...buildah, ...push, `docker://${repository}:v1`], { env });
      return built.seconds + pushed.seconds;
    },
    async end() {
      await clear();
      await capture(['umount', join(folder, 'root', 'overlay')]); // its storage mounts itself
    },
  };
}
