#!/usr/bin/env node
// The lab's command: npm run lab -- COMMAND. See README.md beside this file.
import { Missing } from './missing.mjs';

const USAGE = `usage: npm run lab -- COMMAND [--json]
  up [COMPONENT...] [--fresh]     start components (default: registry host); --fresh makes hosts anew
  down [COMPONENT...] [--remove]  end components (default: all); --remove also throws away what they stored
  status                          what is running
  restart [HOST]                  cut the power of a host and boot it again
  exec HOST COMMAND...            run a command as root in a host, from outside
  build cluster                   build the programs of the cluster from their Go modules (about half an hour)
components: registry, host[:NAME] (host1 to host229), cluster, cluster2, prometheus`;

// Loaded when used: a registry needs nothing of a cluster.
const modules = {
  registry: () => import('./registry.mjs'),
  host: () => import('./host.mjs'),
  cluster: () => import('./cluster.mjs'),
  cluster2: () => import('./cluster2.mjs'),
  prometheus: () => import('./prometheus.mjs'),
};

/** "host:host2" is { kind: "host", name: "host2" }; throws for what is not a component. */
function component(text) {
  const [kind, name, ...rest] = text.split(':');
  if (!Object.hasOwn(modules, kind) || rest.length > 0 || (name !== undefined && kind !== 'host'))
    throw new Usage(`"${text}" is not a component`);
  return { kind, name };
}

class Usage extends Error {}

async function upAll(names, { fresh, progress }) {
  const info = {};
  for (const { kind, name } of names.map(component)) {
    const started = Date.now();
    const result = await (await modules[kind]()).up({
      ...(kind === 'host' && { name: name ?? 'host1', fresh }),
      progress,
    });
    const label = kind === 'host' ? result.name : kind;
    info[label] = result;
    progress(
      `${label}: up at ${result.address ?? result.host ?? result.server} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    );
  }
  return info;
}

async function downAll(names, { remove, progress }) {
  const wanted = names.length > 0 ? names : ['prometheus', 'cluster2', 'cluster', 'host', 'registry'];
  for (const { kind, name } of wanted.map(component)) {
    await (await modules[kind]()).down({ name, remove });
    progress(`${name ?? kind}: down`);
  }
  if (names.length === 0 && process.getuid() === 0) await (await import('./network.mjs')).removeBridge();
  return {};
}

async function statusAll() {
  const info = {};
  for (const kind of Object.keys(modules)) info[kind] = await (await modules[kind]()).status();
  return info;
}

async function execIn([name, ...argv]) {
  if (!name || argv.length === 0) throw new Usage('exec needs a host and a command');
  const { exec } = await modules.host();
  const { code, signal } = await exec(name, argv, { stdio: 'inherit', timeout: 600_000 });
  process.exitCode = code ?? (signal ? 128 : 1);
}

async function main(argv) {
  // What follows exec HOST belongs to that command, also what looks like an option of ours.
  const own = argv[0] === 'exec' ? [] : argv.filter(word => word.startsWith('--'));
  const unknown = own.find(option => !['--json', '--fresh', '--remove'].includes(option));
  if (unknown) throw new Usage(`unknown option ${unknown}`);
  const [command, ...names] = argv[0] === 'exec' ? argv : argv.filter(word => !word.startsWith('--'));
  const json = own.includes('--json');
  const options = {
    fresh: own.includes('--fresh'),
    remove: own.includes('--remove'),
    progress: line => process.stderr.write(`${line}\n`),
  };
  const commands = {
    up: () => upAll(names.length > 0 ? names : ['registry', 'host'], options),
    down: () => downAll(names, options),
    status: statusAll,
    restart: async () => (await modules.host()).restart(names[0]),
    exec: () => execIn(names),
    build: async () => {
      if (names.join() !== 'cluster') throw new Usage('only the cluster can be built');
      return (await import('./cluster/build.mjs')).build(options);
    },
  };
  if (!Object.hasOwn(commands, command ?? '')) throw new Usage(command ? `unknown command "${command}"` : 'no command');
  const result = await commands[command]();
  if (json) console.log(JSON.stringify(result ?? {}, null, 2));
  else if (command === 'status') console.log(table(result));
}

function table(info) {
  return Object.entries(info)
    .flatMap(([kind, value]) =>
      [value].flat().map(one => {
        const state = one.running ? 'up' : 'down';
        return `${(one.name ?? kind).padEnd(10)} ${state.padEnd(5)} ${one.running ? (one.address ?? one.host ?? one.server ?? '') : ''}`.trimEnd();
      }),
    )
    .join('\n');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // 2: called wrongly; 3: cannot be had on this machine; 1: anything else.
  const code = error instanceof Usage ? 2 : error instanceof Missing ? 3 : 1;
  process.stderr.write(
    `${error instanceof Usage ? `${error.message}\n${USAGE}` : error instanceof Missing ? `missing ${error.message}` : error.message}\n`,
  );
  process.exitCode = code;
}
