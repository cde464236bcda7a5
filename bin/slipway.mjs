#!/usr/bin/env node
// Starts dist/cli under a Node that is new enough: this one, else another of this machine. Itself it runs under any Node
// that has modules, so that an old one is told what is missing instead of a syntax error.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The first release line that has all that the bundles use (zstd of node:zlib, glob of node:fs). */
const needed = [22, 15];

const fits = version => {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
};

if (fits(process.versions.node)) {
  import('../dist/cli/index.js').catch(error => {
    console.error(error);
    process.exit(1);
  });
} else {
  const other = candidates().find(node => fits(versionOf(node)));
  if (other === undefined) refuse();
  else hand(other);
}

/** Every node on PATH, and those that nvm keeps, the newest first. */
function candidates() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const kept = join(process.env.NVM_DIR || join(homedir(), '.nvm'), 'versions', 'node');
  const folders = (process.env.PATH || '').split(delimiter).filter(folder => folder !== '');
  return [...folders.map(folder => join(folder, name)), ...entries(kept).map(entry => join(kept, entry, 'bin', name))];
}

function entries(folder) {
  try {
    return readdirSync(folder).sort((a, b) => Number.parseInt(b.slice(1), 10) - Number.parseInt(a.slice(1), 10));
  } catch {
    return [];
  }
}

function versionOf(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 5000 });
  return status === 0 ? stdout.trim() : '0.0';
}

/** A terminal's Ctrl-C reaches both processes; what is sent to this one alone is passed on. */
function hand(node) {
  const child = spawn(node, [process.argv[1], ...process.argv.slice(2)], { stdio: 'inherit' });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', refuse);
  child.on('close', code => process.exit(code === null ? 1 : code));
}

function refuse() {
  console.error(
    `error: slipway needs Node ${needed.join('.')} or newer; this is ${process.versions.node}, and no newer one was found on PATH or with nvm\n` +
      'Install one (https://nodejs.org), or let npx bring it: npx --package node@24 --package slipway slipway init',
  );
  process.exit(2);
}
