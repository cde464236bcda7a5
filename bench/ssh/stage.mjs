// What all parts stand on: programs of a given size, hosts that are far away, and our step as a runner starts it.

import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureGo } from '../../scripts/lab/go.mjs';
import * as lab from '../../scripts/lab/host.mjs';
import { run } from '../../scripts/lab/run.mjs';
import { root } from '../../scripts/root.mjs';
import { startAction } from '../../src/release/start.ts';
import { startFar } from '../lib/far.mjs';

/** Milliseconds of a round trip. */
export const delay = 50;
const longest = 10 * 60_000;

export async function makeSshStage({ dist, progress }) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-ssh-'));
  const go = await ensureGo();
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
  const build = async (name, source) => {
    const argv = [go, 'build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', join(folder, name), '.'];
    await run(argv, { cwd: join(root, source), env, timeout: longest });
    return join(folder, name);
  };
  const services = [await build('hello', 'examples/hello'), await build('small', 'bench/ssh/small')];
  const hosts = new Map();
  let programs = 0;

  return {
    folder,
    /**
     * A program that differs from all before by its last bytes: examples/hello, or a smaller one where that would be too
     * large, followed by machine code of Go's own compiler, which no loader looks at but which compresses as a program does.
     */
    program(megabytes) {
      const path = join(folder, `program-${++programs}`);
      const service = services.find(one => statSync(one).size < megabytes * 1e6 - 16);
      if (service === undefined) throw new Error(`no service is smaller than ${megabytes} MB`);
      copyFileSync(service, path);
      const compiler = readFileSync(join(dirname(go), '../pkg/tool/linux_amd64/compile'));
      while (readFileSync(path).length < megabytes * 1e6) appendFileSync(path, compiler);
      truncateSync(path, megabytes * 1e6 - 16);
      appendFileSync(path, randomBytes(16));
      return path;
    },
    /** A fresh host of the lab, and the same far away: { name, near, far, inputs }. */
    async host(name) {
      if (hosts.has(name)) return hosts.get(name);
      const near = await lab.up({ name, fresh: true, progress });
      const far = await startFar(`${near.address}:${near.port}`, delay, { opening: true });
      const [address, port] = far.host.split(':');
      const known = readFileSync(near.knownHosts, 'utf8').replaceAll(near.address, `[${address}]:${port}`);
      const knownHosts = join(folder, `known-hosts-${name}`);
      writeFileSync(knownHosts, known);
      const host = { name, near, far, address, port, user: near.user, known, knownHosts, key: near.privateKey };
      hosts.set(name, host);
      return host;
    },
    /** Runs as root on the host, from outside. */
    async on({ name }, ...argv) {
      const { code, stdout, stderr } = await lab.exec(name, argv);
      if (code !== 0) throw new Error(`${argv.join(' ')} on ${name}: exit code ${code}: ${stderr}`);
      return stdout.trim();
    },
    /**
     * Our step to these hosts: { seconds, log, outputs, at }, `at(TEXT)` being the seconds at which the log said it.
     * Nothing is waited for that could be configured: the gate passes with the first healthy look.
     */
    async deploy(hosts, inputs, more = {}) {
      const given = {
        'working-directory': mkdtempSync(join(folder, 'job-')),
        hosts: hosts.map(({ user, address, port }) => `${user}@${address}:${port}`).join('\n'),
        'private-key': readFileSync(hosts[0].key, 'utf8'),
        'known-hosts': hosts.map(({ known }) => known).join('\n'),
        service: 'hello',
        type: 'notify',
        'min-healthy-time': '0s',
        ...inputs,
      };
      const lines = [];
      const began = performance.now();
      const now = () => (performance.now() - began) / 1000;
      const env = { PATH: process.env.PATH, RUNNER_TEMP: folder, ...more };
      const onOutput = text => lines.push({ text, at: now() });
      const signal = AbortSignal.timeout(longest);
      const done = await startAction('deploy-ssh-systemd', { dist, inputs: given, env, onOutput, signal });
      const seconds = now();
      const log = lines.map(({ text }) => text).join('');
      if (done.code !== 0)
        throw new Error(`deploy-ssh-systemd: exit code ${done.code}\n${log.trim().split('\n').slice(-15).join('\n')}`);
      const at = wanted => lines.find(({ text }) => text.includes(wanted))?.at;
      return { seconds, log, outputs: done.outputs, at };
    },
    async timed(argv, options) {
      const began = performance.now();
      const said = await run(argv, { cwd: folder, timeout: longest, ...options });
      return { seconds: (performance.now() - began) / 1000, said };
    },
    async end() {
      for (const { far, name } of hosts.values()) {
        await far.end();
        await lab.down({ name, remove: true });
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
