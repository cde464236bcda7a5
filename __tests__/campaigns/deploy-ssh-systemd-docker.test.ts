import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { type Deployed, deploy, fetchJson, leftovers, onHost, reach } from '../integration/deploy-ssh-systemd.ts';
import { installDocker } from '../integration/docker-host.ts';
import { eventually } from '../integration/eventually.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { startLoad } from '../integration/load.ts';
import { type GuardedRegistry, guardRegistry } from '../integration/podman-host.ts';
import { pushTinyImage, type TinyImage } from '../integration/tiny-image.ts';
import { verify } from '../integration/verify-health.ts';

jest.setTimeout(60_000);

const directory = '/opt/slipway/hello';
const password = 'pull-secret-6613';
const secret = 'variable-secret-7128';

await describeWith(
  ['fresh:host131', 'go', 'registry', 'peer:compose-plugin'],
  'deploy-ssh-systemd: containers by docker',
  lab => {
    const host = lab['fresh:host131'];
    let folder: string;
    let registry: GuardedRegistry;
    let inputs: Record<string, string>;
    let one: TinyImage;
    let two: TinyImage;
    let broken: TinyImage;
    let stable: TinyImage;
    let never: TinyImage;
    const onShell = (script: string) => onHost(host, 'sh', '-c', script);
    const named = ({ digest }: TinyImage) => ({ image: `${registry.host}/docker/hello@${digest}` });
    const run = (given: Record<string, string>) => deploy({ ...inputs, ...given });
    const states = (done: Deployed) => done.record?.deployments.map(({ state }) => state) ?? done.log;
    const hex = ({ digest }: TinyImage) => digest.slice('sha256:'.length);
    const greeting = async (port = 8080) => (await fetchJson(`http://${host.address}:${port}/`)).body?.['greeting'];
    const inspect = (format: string) => onShell(`docker container inspect --format '${format}' slipway-hello`);
    const container = () => inspect('{{.Id}} {{.State.Pid}}');
    const images = () => onShell('docker images --all --quiet --no-trunc | sort -u | wc -l');

    const close = (record: ReleaseRecord, image: string) => {
      const deployments = record.deployments.map(last => ({ ...last, image, place: `root@${host.address}:22` }));
      const { 'private-key': key, 'known-hosts': known } = inputs;
      return verify({ 'private-key': key!, 'known-hosts': known!, deadline: '10s' }, { ...record, deployments });
    };

    beforeAll(async () => {
      registry = await guardRegistry(lab.registry, 'puller', password);
      await installDocker(host, registry.host, 'docker-compose', 'nginx-light');
      await onShell(
        'rm -f /etc/nginx/modules-enabled/* /etc/nginx/sites-enabled/default; systemctl enable --now --quiet nginx',
      );
      folder = await mkdtemp(join(tmpdir(), 'slipway-docker-'));
      const program = await buildHello(lab.go, folder, 'v1.0.0');
      const arch = process.arch === 'x64' ? 'amd64' : process.arch;
      const push = (...env: string[]) => pushTinyImage(lab.registry.url, 'docker/hello', program.path, arch, env);
      one = await push('HELLO_GREETING=one');
      two = await push('HELLO_GREETING=two');
      broken = await push('HELLO_START_CRASH=true');
      stable = await push();
      never = await push('HELLO_GREETING=never', 'HELLO_READY_DELAY=60s');
      inputs = {
        ...(await reach(host)),
        service: 'hello',
        runtime: 'container',
        'registry-username': 'puller',
        'registry-password': password,
        'insecure-registries': registry.host,
        environment: 'HELLO_LISTEN=:8080',
        'secret-environment': `TOKEN=${secret}`,
        credentials: 'pin=4711',
        'memory-max': '128MiB',
        'tasks-max': '40',
        'cpu-quota': '150%',
        listen: '8080',
        'health-checks': 'http://127.0.0.1:8080/readyz 200',
        'min-healthy-time': '300ms',
        'healthy-deadline': '15s',
        'keep-releases': '2',
      };
    }, 300_000);
    afterAll(async () => {
      await rm(folder, { recursive: true });
      await registry[Symbol.asyncDispose]();
      await (await labModule('host')).down({ name: host.name, remove: true });
    }, 60_000);

    test('what docker cannot do is refused before anything is changed', async () => {
      const done = await run({ ...named(one), type: 'notify', listen: '80' });
      expect(done.log).toMatch(/a container of docker cannot tell systemd that it is ready/);
      expect(done.log).toMatch(/docker lets nobody but root listen on port 80/);
      expect((await run({ ...named(one), 'container-engine': 'podman' })).log).toMatch(/podman is missing/);
      const file = join(folder, 'small.yaml');
      await writeFile(file, `services: { web: { image: "${named(one).image}" } }`);
      const { 'memory-max': _, 'tasks-max': __, 'cpu-quota': ___, ...others } = inputs;
      const compose = { runtime: 'compose', 'compose-file': file, 'container-engine': 'podman' };
      expect((await deploy({ ...others, ...compose })).log).toMatch(/podman is missing.*PROGRAMS_MISSING/);
      expect([await images(), await onShell('ls /opt/slipway 2>/dev/null || :')]).toEqual(['0', '']);
    });

    test('it is pulled by its digest and served, and what runs is that image', async () => {
      const done = await run(named(one));
      expect(done.log).not.toContain('::error');
      expect(states(done)).toEqual(['healthy']);
      expect(await greeting()).toBe('one');
      const [deployment] = done.record!.deployments;
      expect([deployment!.image, deployment!.evidence['runningSha256']]).toEqual([named(one).image, hex(one)]);
      expect(await inspect('{{.Image}}')).toBe(one.config);
      expect((await run({ mode: 'status' })).log).toContain(`, image ${named(one).image}, active (running)`);
    });

    test('verify-health proves the same later, and sees that it is another one', async () => {
      const { record } = await run(named(one));
      const closed = await close(record!, named(one).image);
      expect(closed.log).not.toContain('::error');
      expect(closed.report).toMatchObject({ verdict: 'verified', identity: 'proven' });
      expect((await close(record!, named(two).image)).report).toMatchObject({ verdict: 'failed' });
    });

    test('it has no capability, a read-only root, the limits, no user of others, and is within sight of its unit', async () => {
      const pid = await inspect('{{.State.Pid}}');
      const status = await onShell(`cat /proc/${pid}/status`);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(status).toMatch(/^Seccomp:\t2$/m);
      for (const set of ['Prm', 'Eff', 'Bnd', 'Inh', 'Amb'])
        expect(status).toMatch(new RegExp(`^Cap${set}:\t0*$`, 'm'));
      const owner = await onShell('stat -Lc %u /var/lib/hello');
      expect(owner).not.toBe('0');
      expect(status).toMatch(new RegExp(`^Uid:\t${owner}\t${owner}\t`, 'm'));
      expect(await onShell(`grep -E '^[0-9]+ [0-9]+ [^ ]+ [^ ]+ / ' /proc/${pid}/mountinfo`)).toMatch(/ \/ ro\b/);
      expect(await inspect('{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}}')).toBe(
        '134217728 40 1500000000',
      );
      const credential = `/proc/${pid}/root/run/credentials/hello.service/pin`;
      expect(await onShell(`cat ${credential}; stat -c %u ${credential}`)).toBe(`4711${owner}`);
      expect(await inspect('{{index .Config.Labels "slipway.main"}}')).toBe(
        await onShell('systemctl show hello -p MainPID --value'),
      );
      expect(await onShell('journalctl --unit hello --output cat --no-pager')).toContain('"msg"');
    });

    test('no secret is in an argument, the journal, or a file that others can read', async () => {
      expect(await onShell(`cat /proc/[0-9]*/cmdline | tr '\\0' ' '; journalctl --no-pager`)).not.toMatch(
        new RegExp(`${secret}|${password}`),
      );
      const found = (who: string, words: string[]) =>
        onShell(`printf '%s\\n' ${words.join(' ')} | ${who} grep -rlsF -f - /etc /run /var /opt /tmp || :`);
      expect(await found('runuser -u deploy --', [secret, password])).toBe('');
      expect(await found('', [password])).toBe('');
    });

    test('again, nothing changes', async () => {
      const before = await container();
      expect(states(await run(named(one)))).toEqual(['unchanged']);
      expect(await container()).toBe(before);
    });

    test('another image is switched to, and a rollback needs no registry', async () => {
      // of an agent that was killed while it pulled
      await onShell('mkdir -p /run/slipway-hello/login; echo {} >/run/slipway-hello/login/config.json');
      expect(states(await run(named(two)))).toEqual(['healthy']);
      expect(await onShell('ls -d /run/slipway-* 2>/dev/null || :')).toBe('');
      expect(await greeting()).toBe('two');
      const back = await run({ mode: 'rollback', 'insecure-registries': 'false', 'registry-password': 'of another' });
      expect(states(back)).toEqual(['healthy']);
      expect(back.record!.deployments[0]!.image).toBe(named(one).image);
      expect(await greeting()).toBe('one');
    });

    test('a broken image is rolled back, and the former one serves', async () => {
      const done = await run(named(broken));
      expect(states(done)).toEqual(['rolled-back']);
      expect(done.log).toContain('exit code 3');
      expect(await greeting()).toBe('one');
      expect(await leftovers(host, directory)).toBe('');
    });

    test('a client that is killed, a daemon that is started anew, a power cut: it serves again, one container of it', async () => {
      const serves = async (before: string) => {
        await eventually(async () => {
          expect(await greeting()).toBe('one');
          expect(await onShell('docker ps --all --format "{{.Names}} {{.State}}"')).toBe('slipway-hello running');
          expect(await container()).not.toBe(before);
        });
      };
      let before = await container();
      await onShell('systemctl kill --kill-whom=main --signal=KILL hello');
      await serves(before);
      before = await container();
      await onShell('systemctl restart docker');
      await serves(before);
      before = await container();
      await (await labModule('host')).restart(host.name);
      await serves(before);
    });

    test('a daemon that hangs is said to, nothing is changed, and what serves serves on', async () => {
      const before = await container();
      await onShell('systemctl kill --kill-whom=main --signal=STOP docker');
      try {
        const done = await run(named(two));
        expect(done.log).toMatch(/the daemon of docker was asked for 10 s.*ENGINE_HANGS/);
        expect((await run({ mode: 'status' })).log).toContain('ENGINE_HANGS');
        expect(await greeting()).toBe('one');
      } finally {
        await onShell('systemctl kill --kill-whom=main --signal=CONT docker');
      }
      expect(await container()).toBe(before);
      expect(states(await run(named(one)))).toEqual(['unchanged']);
    }, 120_000);

    describe('two instances behind nginx', () => {
      const served = async () => (await fetchJson(`http://${host.address}/`)).body?.['greeting'];
      const running = () => onShell('docker ps --all --format {{.Names}}');
      const twice = (image: TinyImage, given: Record<string, string> = {}) => {
        const { listen: _, ...others } = inputs;
        return deploy({
          ...others,
          ...named(image),
          strategy: 'blue-green',
          ports: '8081, 8082',
          proxy: JSON.stringify({ names: 'hello.example.org' }),
          environment: 'HELLO_LISTEN=127.0.0.1:{port}',
          'health-checks': 'http://127.0.0.1:8081/readyz 200',
          'soak-time': '1s',
          ...given,
        });
      };
      const underLoad = async (task: () => Promise<Deployed>, state: string) => {
        const load = startLoad(`http://${host.address}/`);
        const done = await task();
        const seen = await load.end();
        expect(states(done)).toEqual([state]);
        expect(seen.failed).toEqual({});
        expect(seen.answered).toBeGreaterThan(20);
        return done;
      };

      test('from one container to two in turn', async () => {
        expect(states(await twice(one))).toEqual(['healthy']);
        expect(await served()).toBe('one');
        await eventually(async () => expect(await running()).toBe('slipway-hello-blue'));
      });

      test('a release under load fails no request; applied again nothing changes; it is proven later', async () => {
        const { record } = await underLoad(() => twice(two), 'healthy');
        expect(await served()).toBe('two');
        await eventually(async () => expect(await running()).toBe('slipway-hello-green'));
        expect(states(await twice(two))).toEqual(['unchanged']);
        expect((await close(record!, named(two).image)).report).toMatchObject({
          verdict: 'verified',
          identity: 'proven',
        });
      });

      test('a broken image never gets a request', async () => {
        const passed = () => onShell(`grep -c passed ${directory}/state/steps`);
        const before = await passed();
        const done = await underLoad(() => twice(never, { 'healthy-deadline': '3s' }), 'rolled-back');
        expect(done.log).not.toMatch(/soak (done|failed)/);
        expect(await passed()).toBe(before);
        expect(await served()).toBe('two');
        await eventually(async () => expect(await running()).toBe('slipway-hello-green'));
      });

      test('a rollback under load fails no request; and back to one', async () => {
        await underLoad(() => twice(one, { mode: 'rollback', 'registry-password': 'of another' }), 'healthy');
        expect(await served()).toBe('one');
        expect(states(await run(named(one)))).toEqual(['healthy']);
        expect(await greeting()).toBe('one');
        await eventually(async () => expect(await running()).toBe('slipway-hello'));
      });
    });

    test('a binary in its place: also a container that does not end by itself is gone, and it comes back', async () => {
      const slow = { ...named(one), environment: 'HELLO_LISTEN=:8080\nHELLO_DRAIN_DELAY=5m' };
      expect(states(await run(slow))).toEqual(['healthy']);
      const binary = { runtime: 'binary', binary: join(folder, 'hello-v1.0.0'), 'healthy-deadline': '60s' };
      const done = await run({ ...binary, environment: 'HELLO_LISTEN=:8080\nHELLO_GREETING=binary' });
      expect([states(done), done.log]).toEqual([['healthy'], expect.not.stringContaining('::error')]);
      expect([await greeting(), await onShell('docker ps --all --quiet')]).toEqual(['binary', '']);
      expect(states(await run({ mode: 'rollback' }))).toEqual(['healthy']);
      expect(await onShell('docker ps --all --format {{.Names}}')).toBe('slipway-hello');
    }, 120_000);

    test('images go with the last release that needs them; removed, nothing of it is left', async () => {
      // the one that does not end by itself serves: it has TimeoutStopSec (30 s)
      const three = { environment: 'HELLO_LISTEN=:8080\nHELLO_GREETING=three', 'healthy-deadline': '60s' };
      const done = await run({ ...named(one), ...three });
      expect([states(done), done.log]).toEqual([['healthy'], expect.not.stringContaining('::error')]);
      expect(await greeting()).toBe('three');
      expect(await onShell(`cat ${directory}/releases/*/container-image | sort -u | wc -l`)).toBe(await images());
      expect(states(await run({ mode: 'remove' }))).toEqual(['removed']);
      expect([await images(), await onShell('docker ps --all --quiet')]).toEqual(['0', '']);
    }, 120_000);

    const plugin = async () => {
      const folder = join(host.root, 'usr/local/lib/docker/cli-plugins');
      await mkdir(folder, { recursive: true });
      await copyFile(lab['peer:compose-plugin'], join(folder, 'docker-compose'));
      expect(await onShell('docker compose version')).not.toMatch(/ v?1\./);
    };
    describe.each([
      ['docker-compose 1', '_', async () => expect(await onShell('docker-compose version --short')).toMatch(/^1\./)],
      ['the plugin of docker', '-', plugin],
    ])('a compose file by %s', (_, dash, installed) => {
      beforeAll(installed);
      const ids = () => onShell('docker ps --quiet --no-trunc | sort');
      const pidOf = (name: string) => onShell(`docker container inspect --format '{{.State.Pid}}' ${name}`);
      const served = async () => [await greeting(8080), await greeting(8090)];
      const fill = (volume: string) =>
        onShell(
          `docker volume create ${volume} && echo '{"greeting":"kept"}' >"$(docker volume inspect --format {{.Mountpoint}} ${volume})/config"`,
        );
      const shop = async (web: TinyImage, given: Record<string, string> = {}, name = '') => {
        const file = join(folder, 'compose.yaml');
        await writeFile(
          file,
          `
${name === '' ? '' : `name: ${name}`}
services:
  web:
    image: ${named(web).image}
    restart: always
    depends_on: [store]
    ports: ["8080:8080"]
    mem_limit: 128m
    environment:
      - HELLO_LISTEN=:8080
      - TOKEN
  store:
    image: ${named(stable).image}
    user: "0"
    ports: ["8090:8080"]
    volumes: ["data:/data"]
    environment: { HELLO_LISTEN: ":8080", HELLO_CONFIG: /data/config }
volumes: { data: {} }
`,
        );
        const { 'memory-max': _, 'tasks-max': __, 'cpu-quota': ___, ...others } = inputs;
        const compose = { runtime: 'compose', 'container-engine': 'docker', 'compose-file': file, service: 'shop' };
        return deploy({ ...others, ...compose, 'healthy-deadline': '30s', ...given });
      };

      test('all services are up, on the volumes that were there, and find each other by their names', async () => {
        await fill('shop_data');
        expect((await shop(one, { 'memory-max': '1GiB' })).log).toMatch(/docker has no limit for all containers/);
        const done = await shop(one);
        expect(done.log).not.toContain('::error');
        expect(states(done)).toEqual(['healthy']);
        expect(await served()).toEqual(['one', 'kept']);
        const pid = await pidOf(`shop${dash}web${dash}1`);
        expect(await onShell(`tr '\\0' '\\n' </proc/${pid}/environ`)).toContain(`TOKEN=${secret}`);
        expect(await onShell(`nsenter --net --target ${pid} busybox nslookup store 127.0.0.11`)).toContain(
          await onShell(
            `docker container inspect --format '{{.NetworkSettings.Networks.shop_default.IPAddress}}' shop${dash}store${dash}1`,
          ),
        );
        expect(await onShell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; journalctl --no-pager")).not.toContain(secret);
      });

      test('again, nothing changes; one that fails is started anew, and the others with it', async () => {
        const before = await ids();
        expect(states(await shop(one))).toEqual(['unchanged']);
        expect(await ids()).toBe(before);
        await onShell(`kill -9 ${await pidOf(`shop${dash}store${dash}1`)}`);
        await eventually(async () => {
          expect(await served()).toEqual(['one', 'kept']);
          for (const id of before.split('\n')) expect(await ids()).not.toContain(id);
        }, 30_000);
      });

      test('one with a broken image is taken back as a whole', async () => {
        const done = await shop(broken);
        expect(states(done)).toEqual(['rolled-back']);
        expect(done.log).toContain('exit code 3');
        expect(await served()).toEqual(['one', 'kept']);
      });

      test('the project has another name: nothing runs, or lies there, under the former one', async () => {
        await fill('store_data');
        const done = await shop(one, {}, 'store');
        expect([states(done), done.log]).toEqual([['healthy'], expect.not.stringContaining('::error')]);
        expect(await served()).toEqual(['one', 'kept']);
        expect(await onShell('docker ps --all --format {{.Names}} | sort')).toBe(
          `store${dash}store${dash}1\nstore${dash}web${dash}1`,
        );
        expect(await onShell('docker network ls --format {{.Name}} | grep -v -x -e bridge -e host -e none')).toBe(
          'store_default',
        );
        expect(states(await shop(one))).toEqual(['healthy']);
        expect(await onShell('docker volume rm store_data')).toBe('store_data');
      });

      test('removed, its volume is all that is left', async () => {
        expect(states(await shop(one, { mode: 'remove' }))).toEqual(['removed']);
        expect(await onShell('docker ps --all --quiet; docker images --all --quiet')).toBe('');
        expect(await onShell('docker network ls --format {{.Name}} | grep shop || :; docker volume ls --quiet')).toBe(
          'shop_data',
        );
        await onShell('docker volume rm shop_data');
      });
    });
  },
);
