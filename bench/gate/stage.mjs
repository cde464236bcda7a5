// A host with several services that are released again and again, each by a worker of its own.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureGo } from '../../scripts/lab/go.mjs';
import * as lab from '../../scripts/lab/host.mjs';
import { run } from '../../scripts/lab/run.mjs';
import { root } from '../../scripts/root.mjs';

/** Ports on the host: of the services from here on, of what others have there, and of what is reached. */
const [services, taken, database] = [8100, 9100, 5432];

export async function makeGateStage({ name, workers, progress }) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-gate-'));
  const programs = await build(folder);
  const host = await lab.up({ name, fresh: true, progress });
  const on = async script => {
    const { code, stdout, stderr } = await lab.exec(name, ['sh', '-c', script]);
    if (code !== 0) throw new Error(`${script}: exit code ${code}: ${stderr}`);
    return stdout.trim();
  };
  for (const port of [taken, database])
    await on(`systemd-run --quiet --unit=other-${port} python3 -m http.server --bind 0.0.0.0 ${port}`);
  const common = {
    hosts: `root@${host.address}:${host.port}`,
    'private-key': readFileSync(host.privateKey, 'utf8'),
    'known-hosts': readFileSync(host.knownHosts, 'utf8'),
    'min-healthy-time': '4s',
    'healthy-deadline': '25s',
    'reload-signal': 'SIGHUP',
    'drop-in': '[Service]\nLimitDATA=192M',
    'on-failure': 'stop',
    'keep-releases': '3',
  };
  const all = Array.from({ length: workers }, (_, index) => worker(index));

  function worker(index) {
    const service = `gate${index}`;
    const port = services + index;
    const child = fork(join(root, 'bench/gate/worker.mjs'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const deploy = (inputs, version) =>
      new Promise((resolve, reject) => {
        child.once('message', resolve);
        child.once('exit', () => reject(new Error(`the worker of ${service} ended`)));
        child.send({ name: service, version, inputs: { ...common, service, ...inputs } });
      }).finally(() => child.removeAllListeners('exit'));
    return { service, port, deploy, child };
  }

  const inputsOf = (one, release, { service, port }, checks) => {
    const { reach = `tcp://127.0.0.1:${database}`, ...more } = release.inputs;
    const env = { GATE_LISTEN: `127.0.0.1:${port}`, GATE_VERSION: release.version, ...release.env };
    const asked = ['/', '/api/items', '/healthz'].map(
      path => `http://127.0.0.1:${port}${path} 200 within 2s period 300ms`,
    );
    const file = join(folder, `${service}.file`);
    if (release.file !== undefined) writeFileSync(file, release.file);
    return {
      binary: programs[release.program],
      listen: `127.0.0.1:${port}`,
      'health-checks': [
        ...asked,
        `http://127.0.0.1:${port}/version 200 contains "${release.version}" period 300ms`,
      ].join('\n'),
      environment: Object.entries(env)
        .map(pair => pair.join('='))
        .join('\n'),
      ...(release.file === undefined ? {} : { files: `${file}:data.txt` }),
      ...(checks ? { smoke: JSON.stringify({ check: '-check-config', start: '2s', timeout: '15s', reach }) } : {}),
      ...more,
      ...one,
    };
  };
  /** How often it was switched, which release serves, and whether it does. */
  const look = async ({ service, port }) => {
    const at = `/opt/slipway/${service}`;
    const seen = await on(`wc -l <${at}/state/history 2>/dev/null || echo 0; readlink ${at}/current || echo`);
    const [switches, current = ''] = seen.split('\n');
    return {
      switches: Number(switches),
      current,
      serves: await on(`curl -sm 5 http://127.0.0.1:${port}/version || :`),
    };
  };

  return {
    workers: all,
    place: index => ({ port: services + (index % workers), taken, database }),
    /** Something good to begin with, without any checks. */
    async base(worker, version) {
      const release = { version, env: {}, inputs: {}, program: 'small' };
      const { error } = await worker.deploy(
        { ...inputsOf({ 'min-healthy-time': '0s', 'healthy-deadline': '90s' }, release, worker, false) },
        version,
      );
      if (error !== undefined) throw new Error(`the release to begin with: ${error}`);
    },
    /** `stopped` before the switch, `rolled back`, or `served`; what was said, and whether what served before still does. */
    async release(worker, release, checks) {
      const before = await look(worker);
      const began = Date.now();
      const { error } = await worker.deploy(inputsOf({}, release, worker, checks), release.version);
      const seconds = (Date.now() - began) / 1000;
      const after = await look(worker);
      const same = after.current === before.current && after.serves === before.serves;
      const how = after.switches === before.switches ? (same ? 'stopped' : 'lost') : same ? 'rolled back' : 'served';
      return { how: how === 'served' && error !== undefined ? 'lost' : how, error, seconds };
    },
    async end() {
      for (const { child } of all) child.kill();
      await lab.down({ name, remove: true });
      rmSync(folder, { recursive: true });
    },
  };
}

async function build(folder) {
  const go = await ensureGo();
  const make = async (file, ldflags, more = {}) => {
    const path = join(folder, file);
    await run([go, 'build', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', path, '.'], {
      cwd: join(root, 'bench/gate/service'),
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOOS: 'linux', ...more },
      timeout: 10 * 60_000,
    });
    return path;
  };
  const text = join(folder, 'text');
  writeFileSync(text, '#!/bin/sh\nexec sleep infinity\n');
  return {
    small: await make('small', '-s -w'),
    large: await make('large', ''),
    arm64: await make('arm64', '-s -w', { GOARCH: 'arm64' }),
    text,
  };
}
