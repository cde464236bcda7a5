import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { allowNetworks, installCompose } from '../integration/compose-host.ts';
import {
  type Deployed,
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { eventually } from '../integration/eventually.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { type GuardedRegistry, guardRegistry } from '../integration/podman-host.ts';
import { pushTinyImage, type TinyImage, tagTinyImage } from '../integration/tiny-image.ts';

jest.setTimeout(60_000);

const directory = '/opt/slipway/shop';
const secret = 'variable-secret-9914';

await describeWith(['fresh:host121', 'go', 'registry'], 'deploy-ssh-systemd: compose files by podman-compose', lab => {
  const host = lab['fresh:host121'];
  let folder: string;
  let registry: GuardedRegistry;
  let inputs: Record<string, string>;
  let one: TinyImage;
  let two: TinyImage;
  let broken: TinyImage;
  let stable: TinyImage;
  const onShell = (script: string) => onHost(host, 'sh', '-c', script);
  const named = ({ digest }: TinyImage) => `${registry.host}/compose/hello@${digest}`;
  const states = (done: Deployed) => done.record?.deployments.map(({ state }) => state);
  const greeting = async (port: number) => (await fetchJson(`http://${host.address}:${port}/`)).body?.['greeting'];
  const containers = () => onShell("podman ps --format '{{.Names}} {{.Image}}' | sort");
  const ids = () => onShell('podman ps --quiet --no-trunc | sort');
  const run = async (text: string, given: Record<string, string> = {}, record?: ReleaseRecord) => {
    const file = join(folder, 'compose.yaml');
    await writeFile(file, text);
    return deploy({ ...inputs, 'compose-file': file, ...given }, record);
  };
  /** What a user has: a network, a volume, a published port, one service after another. */
  const shop = (web: string, more = '') => `
services:
  web:
    image: ${web}
    restart: always
    depends_on: [store]
    ports: ["8080:8080"]
    environment:
      - HELLO_LISTEN=:8080
      - TOKEN${more}
  store:
    image: \${REGISTRY}/compose/hello:stable
    user: "0"
    ports: ["8090:8080"]
    volumes: ["data:/data"]
    environment: { HELLO_LISTEN: ":8080", HELLO_CONFIG: /data/config }
volumes: { data: {} }
`;

  beforeAll(async () => {
    registry = await guardRegistry(lab.registry, 'puller', 'pull-secret-3317');
    await installCompose(host, registry.host);
    folder = await mkdtemp(join(tmpdir(), 'slipway-compose-'));
    const program = await buildHello(lab.go, folder, 'v1.0.0');
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const push = (...env: string[]) => pushTinyImage(lab.registry.url, 'compose/hello', program.path, arch, env);
    one = await push('HELLO_GREETING=one');
    two = await push('HELLO_GREETING=two');
    broken = await push('HELLO_START_CRASH=true');
    stable = await push();
    await tagTinyImage(lab.registry.url, stable, 'stable');
    await onShell(
      'podman volume create shop_data && echo \'{"greeting":"kept"}\' >"$(podman volume inspect --format {{.Mountpoint}} shop_data)/config"',
    );
    inputs = {
      ...(await reach(host)),
      service: 'shop',
      runtime: 'compose',
      'registry-username': 'puller',
      'registry-password': 'pull-secret-3317',
      'insecure-registries': registry.host,
      environment: `REGISTRY=${registry.host}`,
      'secret-environment': `TOKEN=${secret}`,
      'memory-max': '256MiB',
      listen: '8080',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      'min-healthy-time': '300ms',
      'healthy-deadline': '30s',
      'keep-releases': '2',
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await registry[Symbol.asyncDispose]();
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('the plan names the digests and changes nothing', async () => {
    const done = await run(shop(named(one)), { mode: 'plan' });
    expect(done.log).toContain(`image ${named(one)}, is pulled`);
    expect(done.code).toBe(0);
    expect(await onShell('podman images --all --quiet | wc -l')).toBe('0');
  });

  test('a tag becomes its digest, and all services are up on the volumes that were there', async () => {
    const done = await run(shop(named(one)));
    expect(done.log).not.toContain('::error');
    expect(states(done)).toEqual(['healthy']);
    expect([await greeting(8080), await greeting(8090)]).toEqual(['one', 'kept']);
    expect(await containers()).toBe(`shop_store_1 ${named(stable)}\nshop_web_1 ${named(one)}`);
    expect(await onShell(`grep -c :stable ${directory}/current/shop || :`)).toBe('0');
  });

  test('the status names the images; again, nothing changes', async () => {
    expect((await run(shop(named(one)), { mode: 'status' })).log).toContain(
      `, image ${named(one)}, ${named(stable)}, active (running)`,
    );
    const before = await ids();
    expect(states(await run(shop(named(one))))).toEqual(['unchanged']);
    expect(await ids()).toBe(before);
  });

  test('a secret reaches its container, and no argument, journal, or file that others can read', async () => {
    const pid = await onShell("podman container inspect --format '{{.State.Pid}}' shop_web_1");
    expect(await onShell(`tr '\\0' '\\n' </proc/${pid}/environ`)).toContain(`TOKEN=${secret}`);
    expect(await onShell(`cat /proc/${pid}/cgroup`)).toContain('/system.slice/shop.service');
    expect(await onShell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; journalctl --no-pager")).not.toContain(secret);
    const open = `printf %s ${secret} | runuser -u deploy -- grep -rlsF -f - /etc /run /var /opt /tmp || :`;
    expect(await onShell(open)).toBe('');
  });

  test('one that fails is started anew, and the others with it', async () => {
    const before = await ids();
    await onShell("kill -9 $(podman container inspect --format '{{.State.Pid}}' shop_store_1)");
    await eventually(async () => {
      expect([await greeting(8080), await greeting(8090)]).toEqual(['one', 'kept']);
      for (const id of before.split('\n')) expect(await ids()).not.toContain(id);
    }, 30_000);
  });

  test('the containers find each other by their names', async () => {
    const pid = await onShell("podman container inspect --format '{{.State.Pid}}' shop_web_1");
    const server = `$(awk '$1 == "nameserver" { print $2; exit }' /proc/${pid}/root/etc/resolv.conf)`;
    const address = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    expect(await onShell(`nsenter --net --target ${pid} busybox nslookup store.dns.podman ${server}`)).toContain(
      await onShell(`podman container inspect --format '${address}' shop_store_1`),
    );
  });

  test('another image comes in on the same volume; a rollback needs no registry', async () => {
    expect(states(await run(shop(named(two))))).toEqual(['healthy']);
    expect([await greeting(8080), await greeting(8090)]).toEqual(['two', 'kept']);
    const back = await run('', { mode: 'rollback', 'insecure-registries': 'false', 'registry-password': 'of another' });
    expect(states(back)).toEqual(['healthy']);
    expect(back.record!.deployments[0]!.image).toBe(`${named(one)}, ${named(stable)}`);
    expect([await greeting(8080), await greeting(8090)]).toEqual(['one', 'kept']);
  });

  test('a power cut in the switch: the former containers, on the same volume', async () => {
    const file = join(folder, 'compose.yaml');
    await writeFile(file, shop(named(two)));
    const running = await startDeploy({ ...inputs, 'compose-file': file, 'min-healthy-time': '4s' });
    await running.logged('switch done');
    running.child.kill('SIGKILL');
    await running.ended;
    await (await labModule('host')).restart(host.name);
    await allowNetworks(host);
    await eventually(async () => expect([await greeting(8080), await greeting(8090)]).toEqual(['one', 'kept']), 40_000);
    expect(await onShell(`tail -n 1 ${directory}/state/history`)).toContain('reverted-reboot');
    expect(await containers()).toBe(`shop_store_1 ${named(stable)}\nshop_web_1 ${named(one)}`);
    expect(await leftovers(host, directory)).toBe('');
  });

  test('one with a broken image is taken back as a whole', async () => {
    const done = await run(shop(named(broken)));
    expect(states(done)).toEqual(['rolled-back']);
    expect(done.log).toContain('exit code 3');
    expect([await greeting(8080), await greeting(8090)]).toEqual(['one', 'kept']);
    expect(await leftovers(host, directory)).toBe('');
  });

  describe('refused, and nothing is touched', () => {
    const refuses = async (text: string, words: RegExp) => {
      const before = await ids();
      const done = await run(text);
      expect(done.log).toMatch(words);
      expect(done.code).toBe(1);
      expect(await ids()).toBe(before);
    };

    test('a tag that the registry does not have', () =>
      refuses(shop(`${registry.host}/compose/hello:lost`), /hello:lost of the service web cannot be found/));

    test('the name of a project that somebody else has', async () => {
      await onShell(`podman create --name theirs --label io.podman.compose.project=blog ${named(one)}`);
      await refuses(`name: blog${shop(named(one))}`, /the project blog has containers there .*: theirs/);
      await onShell('podman rm theirs');
    });
  });

  test('removed, its volume is all that is left', async () => {
    expect(states(await run('', { mode: 'remove' }))).toEqual(['removed']);
    expect(await onShell('podman ps --all --quiet; podman images --all --quiet')).toBe('');
    expect(await onShell('podman network ls --quiet')).toBe('podman'); // its own
    expect(await onShell('podman volume ls --quiet')).toBe('shop_data');
    expect((await fetchJson(`http://${host.address}:8080/`)).error).toBe('ECONNREFUSED');
  });
});
