// Node 24 for the project's scripts: the actions declare node24, and TypeScript runs on it as it is.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from './lab/paths.mjs';

const WANTED = 24;
const isNewEnough = version => Number.parseInt(version.replace(/^v/, ''), 10) >= WANTED;

/** The path of a Node of version 24 or newer: this one, the one in the cache folder, or now from npm's package "node". */
export function ensureNode24() {
  if (isNewEnough(process.version)) return process.execPath;
  const folder = join(cacheRoot(), 'node', String(WANTED));
  if (!binaryIn(folder)) install(folder);
  return binaryIn(folder);
}

/**
 * Where the running Node is older: runs the same script (pass import.meta.url) under Node 24, with the same arguments,
 * and ends as it ends. Otherwise returns at once.
 */
export async function reexecUnderNode24(importMetaUrl) {
  if (isNewEnough(process.version)) return;
  const node = nodeOrExit();
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].filter(Boolean).join(delimiter) };
  const child = spawn(node, [...process.execArgv, fileURLToPath(importMetaUrl), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // From a terminal, Ctrl-C reaches the child by itself; twice would mean "at once" to it.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal));
  }
  process.exit(
    await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    }),
  );
}

function nodeOrExit() {
  try {
    return ensureNode24();
  } catch (error) {
    console.error(error.message); // where and why; a stack trace would bury it
    return process.exit(1);
  }
}

/** Installs under another name first: the folder only ever has its final name when the binary in it runs. */
function install(folder) {
  const part = `${folder}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  process.stderr.write(
    `Node ${process.version} is older than ${WANTED}: getting the npm package node@${WANTED} into ${folder}\n`,
  );
  try {
    npm(part, `node@${WANTED}`);
    // Its install script fetches the binary of this platform. Where npm does not run install scripts, we do that step.
    if (!binaryIn(part)) npm(part, platformPackage());
    if (!binaryIn(part))
      throw new Error(`no binary that runs came with it: neither node/bin/node nor ${platformPackage()}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  } catch (cause) {
    if (['ENOTEMPTY', 'EEXIST'].includes(cause.code) && binaryIn(folder)) return; // somebody else was faster
    const said = String(cause.stderr ?? '')
      .split('\n')
      .filter(line => line.startsWith('npm error'));
    const seen = said.slice(0, 4).join('; ') || cause.message;
    const hint = `install Node ${WANTED} yourself and put it first on PATH, or check that npm reaches its registry`;
    throw new Error(`getting Node ${WANTED} from npm: ${seen}\n${hint}`, { cause });
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

const platformPackage = () =>
  `node-${process.platform === 'darwin' && process.arch === 'arm64' ? 'bin-' : ''}${process.platform}-${process.arch}@${WANTED}`;

function npm(prefix, what) {
  const script = process.env.npm_execpath;
  const [command, ...first] = script && basename(script).startsWith('npm-cli') ? [process.execPath, script] : ['npm'];
  const options = [
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts=false',
    '--global=false',
  ];
  // In its own folder, so that no .npmrc of the project decides.
  execFileSync(command, [...first, 'install', '--prefix', prefix, ...options, what], {
    cwd: prefix,
    stdio: 'pipe',
    timeout: 300_000,
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([key]) => !/^npm_(config|package|lifecycle)_/i.test(key) || key === 'npm_config_registry',
      ),
    ),
  });
}

/** The binary of a folder that npm installed into, when it is there, runs, and is new enough. */
function binaryIn(folder) {
  for (const path of ['node', platformPackage().split('@')[0]].map(name =>
    join(folder, 'node_modules', name, 'bin', 'node'),
  )) {
    try {
      if (isNewEnough(execFileSync(path, ['--version'], { encoding: 'utf8', stdio: 'pipe', timeout: 30_000 })))
        return path;
    } catch {
      // Not there, or a binary for another machine.
    }
  }
  return undefined;
}
