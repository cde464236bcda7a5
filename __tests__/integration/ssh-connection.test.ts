import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { type Access, type AccessInputs, readAccess } from '../../src/core/ssh/access.ts';
import { type ConnectOptions, connect } from '../../src/core/ssh/connect.ts';
import { type HostSpec, parseHosts } from '../../src/core/ssh/hosts.ts';
import { deploy, leftovers, onHost, startDeploy } from './deploy-ssh-systemd.ts';
import { describeWith, labModule } from './lab.ts';
import { Cable, Keys, logOf, startSshd, stopSshd } from './ssh-servers.ts';

/** Ports on the host. */
const [outer, inner, deep, many, direct] = [2201, 2202, 2203, 2204, 2205];
const behind = Array.from({ length: 16 }, (_, index) => `127.0.0.${index + 1}`);

await describeWith('fresh:host17', 'SSH: the way to a host', lab => {
  const host = lab['fresh:host17'];
  let keys: Keys;
  let known: string;
  const jumps = (text: string) => parseHosts(text.split(','));
  const outerJump = `deploy@${host.address}:${outer}`;

  beforeAll(async () => {
    // there is no name server: a name that is not in the files does not exist
    await onHost(host, 'sh', '-c', 'sed -i "s/^hosts:.*/hosts: files/" /etc/nsswitch.conf');
    keys = await Keys.make();
    for (const name of ['own', 'jump', 'host-outer', 'host-inner', 'host-deep']) await keys.key(name);
    await keys.key('host-rsa', 'rsa');
    const opens = { outer: 'jump', inner: 'jump', deep: 'own' };
    await Promise.all([
      // sessions are refused there: only streams go through
      startSshd(host, keys, {
        name: 'outer',
        listen: [`${outer}`],
        hostKeys: ['host-outer'],
        opensTo: opens.outer,
        config: 'MaxSessions 0\nPermitOpen *:22 *:2202 *:2204 *:2299',
      }),
      startSshd(host, keys, {
        name: 'inner',
        listen: [`127.0.0.1:${inner}`],
        hostKeys: ['host-inner'],
        opensTo: opens.inner,
      }),
      startSshd(host, keys, {
        name: 'deep',
        listen: [`127.0.0.1:${deep}`],
        hostKeys: ['host-deep'],
        opensTo: opens.deep,
      }),
      startSshd(host, keys, {
        name: 'many',
        listen: behind.map(address => `${address}:${many}`),
        hostKeys: ['host-deep'],
        opensTo: opens.deep,
        config: 'MaxStartups 40',
      }),
      startSshd(host, keys, {
        name: 'direct',
        listen: [`${direct}`],
        hostKeys: ['host-deep', 'host-rsa'],
        opensTo: opens.deep,
        config: 'MaxStartups 10:100:10',
      }),
    ]);
    const line = async (name: string, key: string) => `${name} ${await keys.text(`${key}.pub`)}`;
    known = [
      await line(`[${host.address}]:${outer}`, 'host-outer'),
      await line(`[127.0.0.1]:${inner}`, 'host-inner'),
      await line(`[127.0.0.1]:${deep}`, 'host-deep'),
      await line(behind.map(address => `[${address}]:${many}`).join(','), 'host-deep'),
      await line(`[${host.address}]:${direct},[127.0.0.1]:*`, 'host-rsa'),
    ].join('');
  }, 120_000);
  afterAll(async () => {
    await keys[Symbol.asyncDispose]();
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  const access = async (more: Partial<AccessInputs> = {}): Promise<Access> =>
    readAccess({
      'private-key': await keys.text('own'),
      'ssh-agent': false,
      'known-hosts': known,
      'jump-hosts': [],
      'jump-private-key': await keys.text('jump'),
      ...more,
    });
  const open = (spec: HostSpec | string, by: Access, options: Partial<ConnectOptions> = {}) =>
    connect(typeof spec === 'string' ? parseHosts(spec)[0]! : spec, by, {
      signal: AbortSignal.timeout(40_000),
      timeout: 10_000,
      ...options,
    });
  const says = { timeout: 10_000 };

  test('through two jump hosts, each with its own key, to a host that only the last one reaches', async () => {
    const by = await access({ 'jump-hosts': jumps(`${outerJump},deploy@127.0.0.1:${inner}`) });
    await using connection = await open(`deploy@127.0.0.1:${deep}`, by);
    const { stdout } = await connection.exec('echo "$SSH_CONNECTION"', says);
    expect(stdout.trim()).toMatch(new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${deep}$`));
  });

  test('each jump host’s key is checked, and the error says whose it is', async () => {
    const wrong = known.replace(/^(\S+2202) .*$/m, `$1 ${(await keys.text('host-deep.pub')).trim()}`);
    const by = await access({ 'known-hosts': wrong, 'jump-hosts': jumps(`${outerJump},deploy@127.0.0.1:${inner}`) });
    await expect(open(`deploy@127.0.0.1:${deep}`, by)).rejects.toMatchObject({
      code: 'HOST_KEY_MISMATCH',
      message: expect.stringMatching(
        /on the way to deploy@127\.0\.0\.1:2203: .*127\.0\.0\.1\]?:2202 offered .*SHA256:/,
      ),
    });
    const keyless = await access({ 'jump-private-key': undefined, 'jump-hosts': jumps(outerJump) });
    await expect(open(`deploy@127.0.0.1:${many}`, keyless)).rejects.toMatchObject({
      code: 'AUTH_REFUSED',
      message: expect.stringContaining(`${outerJump} refused the key ssh-ed25519 SHA256:`),
    });
  });

  test('sixteen hosts behind one: it is shaken hands with once, and let go after the last', async () => {
    const accepted = async () => (await logOf(host, 'outer')).match(/Accepted publickey/g)!.length;
    const before = await accepted();
    const by = await access({ 'jump-hosts': jumps(outerJump) });
    const all = await Promise.all(behind.map(address => open(`deploy@${address}:${many}`, by)));
    const answers = await Promise.all(all.map(one => one.exec('echo "$SSH_CONNECTION"', says)));
    expect(answers.map(({ stdout }) => stdout.trim().split(' ')[2])).toEqual(behind);
    expect(await accepted()).toBe(before + 1);
    for (const one of all.slice(1)) await one.close();
    expect((await all[0]!.exec('echo still', says)).stdout).toBe('still\n');
    await all[0]!.close();
    const until = Date.now() + 5000;
    const closed = async () => (await logOf(host, 'outer')).match(/Disconnected from user deploy/g)?.length ?? 0;
    while ((await closed()) < before + 1 && Date.now() < until) await sleep(50);
    expect(await closed()).toBeGreaterThanOrEqual(before + 1);
  });

  test('the jump host is lost: so is what is behind it, and the next connection takes a new one', async () => {
    await using cable = await Cable.to(host.address, outer);
    const by = await access({
      'known-hosts': `[127.0.0.1]:${cable.port} ${await keys.text('host-outer.pub')}${known}`,
      'jump-hosts': jumps(`deploy@127.0.0.1:${cable.port}`),
    });
    const connection = await open(`deploy@127.0.0.2:${many}`, by, { silence: 1200 });
    const hanging = connection.exec('sleep 30', { timeout: 20_000 });
    hanging.catch(() => undefined);
    await sleep(200);
    cable.cut();
    await expect(hanging).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await using again = await open(`deploy@127.0.0.2:${many}`, by);
    expect((await again.exec('echo again', says)).stdout).toBe('again\n');
  });

  test.each([
    [`deploy@127.0.0.1:${deep}`, 'JUMP_REFUSED', /does not forward to deploy@127.0.0.1:2203/],
    ['deploy@nowhere.invalid:2204', 'HOST_NOT_FOUND', /does not know the name nowhere.invalid/],
    ['deploy@127.0.0.1:2299', 'CONNECT_FAILED', /cannot reach deploy@127.0.0.1:2299: .*refused/],
  ])('what a jump host does not reach: %s', async (place, code, message) => {
    const by = await access({ 'jump-hosts': jumps(outerJump) });
    await expect(open(place, by, { timeout: 1500 })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('twenty at once on one sshd, which drops the eleventh that has not authenticated yet', async () => {
    const by = await access();
    const all = await Promise.all(Array.from({ length: 20 }, () => open(`deploy@${host.address}:${direct}`, by)));
    await Promise.all(all.map(one => one.close()));
    expect(await logOf(host, 'direct')).not.toMatch(/drop connection|beginning MaxStartups/);
  });

  test('refused at first, and then there: tried again until it answers', async () => {
    await stopSshd(host, 'direct');
    const opening = open(`deploy@${host.address}:${direct}`, await access());
    opening.catch(() => undefined);
    await sleep(700);
    await startSshd(host, keys, {
      name: 'direct',
      listen: [`${direct}`],
      hostKeys: ['host-deep', 'host-rsa'],
      opensTo: 'own',
    });
    await using connection = await opening;
    expect((await connection.exec('true', says)).code).toBe(0);
  });

  test('reset at first: tried again', async () => {
    await using cable = await Cable.to(host.address, direct, 2);
    await using connection = await open(`deploy@127.0.0.1:${cable.port}`, await access());
    expect((await connection.exec('true', says)).code).toBe(0);
  });

  test('what never answers, and what refuses, are given up after connect-timeout', async () => {
    const silent = createServer(socket => socket.on('error', () => undefined).resume());
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const by = await access();
    for (const [place, said] of [
      [`deploy@127.0.0.1:${port}`, /took longer than 1\.5 s; given up after 1\.5s/],
      ['deploy@127.0.0.1:1', /ECONNREFUSED.*given up after 1\.5s and \d+ tries/],
    ] as const) {
      const begun = Date.now();
      await expect(open(place, by, { timeout: 1500 })).rejects.toMatchObject({
        code: 'CONNECT_FAILED',
        message: expect.stringMatching(said),
      });
      expect(Date.now() - begun).toBeGreaterThan(1400);
      expect(Date.now() - begun).toBeLessThan(5000);
    }
    await new Promise(resolve => silent.close(resolve));
  });

  test('a wrong key, ours or the host’s, is not tried again', async () => {
    const begun = Date.now();
    const stranger = await access({ 'private-key': await keys.text('jump') });
    await expect(open(`deploy@${host.address}:${direct}`, stranger)).rejects.toMatchObject({ code: 'AUTH_REFUSED' });
    const other = await access({ 'known-hosts': `* ${await keys.text('own.pub')}` });
    await expect(open(`deploy@${host.address}:${direct}`, other)).rejects.toMatchObject({ code: 'HOST_KEY_MISMATCH' });
    const log = await logOf(host, 'direct');
    expect(log.match(/Failed publickey/g)).toHaveLength(1);
    expect(Date.now() - begun).toBeLessThan(5000);
  });

  test('a peer that falls silent is noticed, half-open as the connection is; one that is only quiet is kept', async () => {
    await using cable = await Cable.to(host.address, direct);
    const connection = await open(`deploy@127.0.0.1:${cable.port}`, await access(), { silence: 1200 });
    // longer than the silence that is allowed, without a byte of its own
    expect((await connection.exec('sleep 2', says)).code).toBe(0);
    const hanging = connection.exec('sleep 30', { timeout: 20_000 });
    hanging.catch(() => undefined);
    await sleep(200);
    cable.cut();
    const begun = Date.now();
    await expect(hanging).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('nothing came from it for 1.2 s'),
    });
    expect(Date.now() - begun).toBeLessThan(4000);
  });

  test('a pin of another type than is negotiated first, with and without its type', async () => {
    const line = await keys.fingerprint('host-rsa');
    expect(line).toContain('(RSA)');
    for (const pin of [line, line.split(' ')[1]!]) {
      const by = await access({ 'known-hosts': undefined, 'host-fingerprints': pin });
      await using connection = await open(`deploy@${host.address}:${direct}`, by);
      expect((await connection.exec('true', says)).code).toBe(0);
    }
  });

  describe('the action', () => {
    const record: ReleaseRecord = {
      schema: 'slipway.release/v1',
      name: 'hello',
      version: 'v1',
      binaries: [],
      images: [],
      deployments: [],
    };
    const inputs = async (): Promise<Record<string, string>> => ({
      mode: 'plan',
      service: 'hello',
      // any program of this machine will do: nothing is uploaded
      binary: process.execPath,
      'private-key': await readFile(host.privateKey, 'utf8'),
      'known-hosts': (await readFile(host.knownHosts, 'utf8')).replaceAll(host.address, '127.0.0.1') + known,
      'jump-private-key': await keys.text('jump'),
      'connect-timeout': '10s',
    });

    test('goes through a jump host without any program of the runner, and heeds nothing of the environment', async () => {
      const hostile = {
        PATH: '',
        HOST: 'elsewhere',
        USER: 'root',
        HOME: '/nowhere',
        SSH_AUTH_SOCK: '/nowhere',
        PORT: '1',
      };
      const given = { ...(await inputs()), hosts: 'deploy@127.0.0.1', 'jump-hosts': outerJump };
      const done = await deploy(given, record, hostile);
      expect(done.log).toMatch(/deploy@127\.0\.0\.1:22: \(nothing\) → v1-/);
      expect(done).toMatchObject({ code: 0, outputs: { state: 'planned' } });
    }, 60_000);

    test('takes what is written for one host before what is written for all', async () => {
      const hosts = `- host: 127.0.0.1
  user: root
  become: none
  jump-hosts: ${outerJump}
  service-directory: /srv/slipway/hello
  roles: [web]`;
      const given = { ...(await inputs()), hosts, 'jump-hosts': 'nobody@127.0.0.1:1' };
      const done = await deploy(given, record);
      expect(done.log).toContain('+X-Slipway=/srv/slipway/hello');
      expect(done).toMatchObject({ code: 0, outputs: { state: 'planned' } });
    }, 60_000);

    test('a jump host that dies between switch and confirmation: the way is made anew, and the release stays', async () => {
      await using cable = await Cable.to(host.address, outer);
      const given = await inputs();
      const running = await startDeploy(
        {
          ...given,
          mode: 'deploy',
          binary: '/usr/bin/sleep',
          args: 'infinity',
          'min-healthy-time': '2s',
          hosts: 'deploy@127.0.0.1',
          'jump-hosts': `deploy@127.0.0.1:${cable.port}`,
          'known-hosts': `[127.0.0.1]:${cable.port} ${await keys.text('host-outer.pub')}${given['known-hosts']}`,
        },
        record,
      );
      await running.logged('switch done');
      cable.reset();
      const done = await running.ended;
      expect(done.log).toContain('the connection was lost; connecting again');
      expect(done).toMatchObject({ code: 0, outputs: { state: 'healthy' } });
      expect(await leftovers(host, '/opt/slipway/hello')).toBe('');
    }, 60_000);

    test('an unknown key of a host is an error before anything is connected', async () => {
      const done = await deploy({ ...(await inputs()), hosts: '- {host: a, user: b, rolls: [web]}' }, record);
      expect(done.log).toMatch(/::error::input "hosts".*unknown key "rolls" \(did you mean "roles"\?\).*INPUT_INVALID/);
      expect(done.code).toBe(1);
    });
  });
});
