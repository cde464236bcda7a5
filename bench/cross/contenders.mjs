// The ways to build several targets. Each resolves with { seconds, programs }: the paths of what it made.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { flags } from './stage.mjs';
import { goreleaserName, programName, variables } from './targets.mjs';

const filesIn = folder =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name))
    : [];

/** Our action, with all that it does besides building: toolchain, records, read-back. `cache: false`: GOCACHE is given. */
export const oursContender = (stage, targets, inputs = {}) => ({
  name: 'setup-go-cross',
  async run(cache) {
    rmSync(join(stage.checkout, 'slipway-out'), { recursive: true, force: true });
    const given = { targets: targets.join('\n'), ldflags: flags.ldflags, cache: 'false', ...inputs };
    const { seconds, log, outputs } = await stage.ours(given, { env: stage.env({ cache }) });
    return { seconds, log, programs: JSON.parse(outputs.binaries).map(({ path }) => path) };
  },
});

export const goreleaserContender = (stage, targets, goreleaser) => {
  const dist = join(stage.folder, 'goreleaser-dist');
  const config = join(stage.folder, 'goreleaser.yaml');
  const build = {
    env: ['CGO_ENABLED=0'],
    flags: [flags.trimpath, flags.vcs],
    ldflags: [flags.ldflags],
    targets: targets.map(goreleaserName),
  };
  return {
    name: 'goreleaser build',
    async run(cache) {
      writeFileSync(config, JSON.stringify({ version: 2, project_name: 'service', dist, builds: [build] }));
      const argv = [goreleaser, 'build', '--snapshot', '--clean', '--config', config];
      const { seconds } = await stage.timed(argv, { env: stage.env({ cache }) });
      return { seconds, programs: filesIn(dist).filter(path => !/\.(json|yaml)$/.test(path)) };
    },
  };
};

/** By hand: `atOnce` calls of `go build` side by side (1: a loop; as many as targets: background jobs). */
export const handContender = (stage, targets, atOnce, { share, gogc } = {}) => ({
  name: `go build, xargs -P ${atOnce}`,
  async run(cache) {
    const out = await stage.fresh('by-hand');
    const lines = targets.map(target => `${variables(target)} -o ${join(out, programName(target))}`);
    const command = [
      `CGO_ENABLED=0 env "$@" go build ${share === undefined ? '' : `-p=${share}`}`,
      `${flags.trimpath} ${flags.vcs} '-ldflags=${flags.ldflags}' -o "$out" .`,
    ].join(' ');
    // The last two words of a line are -o and the path; what stands before are variables.
    const script = `set -e; line=$1; out=\${line##* }; set -- \${line% -o *}; ${command}`;
    const argv = ['xargs', '-P', String(atOnce), '-d', '\\n', '-n', '1', 'sh', '-c', script, 'sh'];
    const { seconds } = await stage.timed(argv, {
      env: { ...stage.env({ cache }), ...(gogc && { GOGC: gogc }) },
      input: lines.join('\n'),
    });
    return { seconds, programs: filesIn(out) };
  },
});

/** What a person would try: one after the other, as many as there are cores, all at once. */
export const handContenders = (stage, targets) =>
  [...new Set([1, Math.min(availableParallelism(), targets.length), targets.length])].map(atOnce =>
    handContender(stage, targets, atOnce),
  );
