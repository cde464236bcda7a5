import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { oursContender } from './contenders.mjs';

/**
 * Runs our action once with a go command that writes down how it is called. It lies in a tool cache of its own, without
 * a record of what was installed: as a runner's image puts it there.
 *
 * @returns { all: the subcommands, env: how many of them are `go env`, share: -p of the builds, gogc: GOGC of the
 *   builds where it is set, atOnce: how many builds ran at the same time }
 */
export async function countGoCalls(stage, inputs, cache) {
  const real = dirname(dirname(stage.go));
  const version = stage.goVersion.replace('go', '');
  const goroot = join(await stage.fresh('counted-tools'), 'go', version, process.arch);
  const written = join(stage.folder, 'calls');
  writeFileSync(written, '');
  mkdirSync(join(goroot, 'bin'), { recursive: true });
  cpSync(join(real, 'VERSION'), join(goroot, 'VERSION'));
  const shim = join(goroot, 'bin', 'go');
  const lines = [
    '#!/bin/sh',
    `echo "begin $* GOGC=$GOGC" >> ${written}`,
    `${stage.go} "$@"`,
    'code=$?',
    `echo "end $1" >> ${written}`,
    'exit $code',
  ];
  writeFileSync(shim, `${lines.join('\n')}\n`);
  chmodSync(shim, 0o755);
  writeFileSync(`${goroot}.complete`, '');
  const counted = {
    ...stage,
    env: options => ({ ...stage.env(options), RUNNER_TOOL_CACHE: join(stage.folder, 'counted-tools') }),
  };
  if (inputs.mode === 'setup') await stage.ours({ ...inputs, cache: 'false' }, { env: counted.env({ cache }) });
  else await oursContender(counted, inputs.targets.split('\n')).run(cache);
  return readCalls(readFileSync(written, 'utf8'));
}

/** From lines `begin build -p=2 …` and `end build`. */
export function readCalls(text) {
  const lines = text.split('\n').filter(line => line !== '');
  const all = lines.filter(line => line.startsWith('begin ')).map(line => line.split(' ')[1]);
  let [now, most] = [0, 0];
  for (const line of lines) {
    if (line.startsWith('begin build')) most = Math.max(most, ++now);
    else if (line === 'end build') now--;
  }
  const [, share] = /^begin build .*-p=(\d+)/m.exec(text) ?? [];
  const [, gogc] = /^begin build .* GOGC=(\w+)$/m.exec(text) ?? [];
  return {
    all,
    env: all.filter(name => name === 'env').length,
    atOnce: most,
    ...(share && { share: Number(share) }),
    ...(gogc && { gogc }),
  };
}
