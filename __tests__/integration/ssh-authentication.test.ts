import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { run } from '../../src/core/process.ts';
import { type AccessInputs, readAccess } from '../../src/core/ssh/access.ts';
import { connect } from '../../src/core/ssh/connect.ts';
import { parseHosts } from '../../src/core/ssh/hosts.ts';
import { describeWith, labModule } from './lab.ts';
import { Keys, logOf, startSshd } from './ssh-servers.ts';

const [byKey, byAuthority, bySecondFactor] = [2201, 2202, 2203];
const types: [string, string][] = [
  ['ed25519', 'ssh-ed25519'],
  ['ecdsa', 'ecdsa-sha2-nistp256'],
  ['rsa', 'rsa-sha2-256|rsa-sha2-512'],
];

await describeWith('fresh:host18', 'SSH: who we are', lab => {
  const host = lab['fresh:host18'];
  let keys: Keys;
  let agent: ChildProcess | undefined;

  beforeAll(async () => {
    keys = await Keys.make();
    for (const name of ['host', 'authority', 'own', 'other', 'third']) await keys.key(name);
    for (const [type] of types) {
      await keys.key(type, type);
      await keys.certify(type, 'authority', 'deploy');
    }
    await keys.key('locked', 'ed25519', 'pass word');
    await sshd('key', byKey, 'own', 'MaxAuthTries 2');
    await sshd('factor', bySecondFactor, 'own', 'PasswordAuthentication yes\nAuthenticationMethods publickey,password');
    await sshd('authority', byAuthority, undefined, 'TrustedUserCAKeys /etc/ssh/authority/ca.pub', [
      ['ca.pub', await keys.text('authority.pub')],
    ]);
  }, 120_000);
  const sshd = (name: string, port: number, opensTo?: string, config = '', files: [string, string][] = []) =>
    startSshd(host, keys, {
      name,
      listen: [`${port}`],
      hostKeys: ['host'],
      config,
      files,
      ...(opensTo ? { opensTo } : {}),
    });
  afterEach(async () => {
    agent?.kill();
    await rm(keys.path('agent'), { force: true });
    agent = undefined;
  });
  afterAll(async () => {
    await keys[Symbol.asyncDispose]();
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  const reach = async (port: number, inputs: Partial<AccessInputs>, env: NodeJS.ProcessEnv = {}, command?: string) => {
    const known = `[${host.address}]:* ${await keys.text('host.pub')}`;
    const given = { 'ssh-agent': false, 'jump-hosts': [], 'known-hosts': known, ...inputs };
    const access = await readAccess(given, [], env);
    const [spec] = parseHosts(`deploy@${host.address}:${port}`);
    return connect(spec!, access, { signal: AbortSignal.timeout(20_000), timeout: 10_000, command });
  };
  /** Runs a command; the user's name comes back. */
  const whoAmI = async (port: number, inputs: Partial<AccessInputs>, env: NodeJS.ProcessEnv = {}) => {
    await using connection = await reach(port, inputs, env);
    return (await connection.exec('id -un', { timeout: 10_000 })).stdout.trim();
  };
  /** A real agent that holds these keys; the environment in which it is found. */
  const withAgent = async (...names: string[]): Promise<NodeJS.ProcessEnv> => {
    const env = { SSH_AUTH_SOCK: keys.path('agent') };
    agent = spawn('ssh-agent', ['-D', '-a', env.SSH_AUTH_SOCK], { stdio: 'ignore' });
    const wait =
      'for try in $(seq 100); do ssh-add -l >/dev/null 2>&1; [ $? != 2 ] && break; sleep 0.05; done; [ $# = 0 ] || exec ssh-add -q "$@"';
    const paths = names.map(name => keys.path(name));
    await run(['sh', '-c', wait, 'sh', ...paths], { env: { ...process.env, ...env }, timeout: 10_000 });
    return env;
  };
  const refused = (said: RegExp) => ({ code: 'AUTH_REFUSED', message: expect.stringMatching(said) });

  describe('a certificate', () => {
    test.each(types)('of an %s key opens what trusts its authority and no key', async type => {
      const inputs = { 'private-key': await keys.text(type), certificate: await keys.text(`${type}-cert.pub`) };
      expect(await whoAmI(byAuthority, inputs)).toBe('deploy');
      expect(await logOf(host, 'authority')).toMatch(/Accepted publickey for deploy .*-CERT .*ID .* by authority/);
    });

    test('without it the key alone is refused', async () => {
      await expect(whoAmI(byAuthority, { 'private-key': await keys.text('ed25519') })).rejects.toMatchObject(
        refused(/refused the key ssh-ed25519 SHA256:/),
      );
    });

    test('refused by a host that knows the key only: then the key is offered', async () => {
      await keys.certify('own', 'authority', 'deploy');
      const inputs = { 'private-key': await keys.text('own'), certificate: await keys.text('own-cert.pub') };
      expect(await whoAmI(byKey, inputs)).toBe('deploy');
    });

    test.each([
      ['for somebody else', 'root', [], /"third by authority" for root/],
      ['that is expired', 'deploy', ['-V', '-2d:-1d'], /for deploy, expired at \d{4}-/],
      ['that is not valid yet', 'deploy', ['-V', '+1d:+2d'], /for deploy, valid only from \d{4}-/],
    ])('%s is refused, and the error says what it is', async (_name, principals, options, said) => {
      const certificate = await keys.certify('third', 'authority', principals, ...options);
      await expect(whoAmI(byAuthority, { 'private-key': await keys.text('third'), certificate })).rejects.toMatchObject(
        refused(said),
      );
    });

    test.each([
      ['of a host', () => keys.certify('third', 'authority', 'web', '-h'), /host’s certificate/],
      ['of another key', () => keys.text('rsa-cert.pub'), /is about the key SHA256:.*none of those given/],
      ['that is cut', async () => (await keys.text('rsa-cert.pub')).slice(0, 300), /line 1: it is cut/],
      ['that is a public key', () => keys.text('third.pub'), /not an OpenSSH certificate/],
    ])('%s is an error before anything is connected', async (_name, text, said) => {
      const inputs = { 'private-key': await keys.text('third'), certificate: await text() };
      await expect(whoAmI(1, inputs)).rejects.toMatchObject({
        code: 'CERTIFICATE_INVALID',
        message: expect.stringMatching(said),
      });
    });
  });

  describe('an agent', () => {
    test.each(types)('signs with its %s key for a certificate that it holds', async type => {
      expect(await whoAmI(byAuthority, { 'ssh-agent': true }, await withAgent(type))).toBe('deploy');
    });

    test('signs for a certificate that is given', async () => {
      const env = await withAgent('third');
      const certificate = await keys.certify('third', 'authority', 'deploy');
      expect(await whoAmI(byAuthority, { 'ssh-agent': true, certificate }, env)).toBe('deploy');
    });

    test('signs with a plain key', async () => {
      expect(await whoAmI(byKey, { 'ssh-agent': true }, await withAgent('own'))).toBe('deploy');
    });

    test('is not asked unless the inputs say so, whatever the environment has', async () => {
      const env = await withAgent('own');
      await expect(whoAmI(byKey, { 'private-key': await keys.text('other') }, env)).rejects.toMatchObject(
        refused(/refused the key/),
      );
      await expect(whoAmI(byKey, {}, env)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    test('with too many keys: the error names those that were tried', async () => {
      const env = await withAgent('other', 'host', 'authority', 'own');
      await expect(whoAmI(byKey, { 'ssh-agent': true }, env)).rejects.toMatchObject(
        refused(/all \d keys .*\(other, of the ssh-agent\).*MaxAuthTries/),
      );
    });

    test.each([
      ['none', async () => ({}), /SSH_AUTH_SOCK is not set/],
      ['a socket where nobody listens', async () => ({ SSH_AUTH_SOCK: '/nowhere' }), /\/nowhere does not answer/],
      ['one that is empty', () => withAgent(), /holds no key/],
    ])('%s is an error', async (_name, env, said) => {
      await expect(whoAmI(byKey, { 'ssh-agent': true }, await env())).rejects.toMatchObject({
        code: 'SSH_AGENT_FAILED',
        message: expect.stringMatching(said),
      });
    });
  });

  test('a key with a passphrase, in the form of OpenSSH', async () => {
    const inputs = { 'private-key': await keys.text('locked'), passphrase: 'pass word' };
    await expect(whoAmI(byKey, inputs)).rejects.toMatchObject(refused(/ssh-ed25519 SHA256:/));
    await expect(whoAmI(byKey, { ...inputs, passphrase: 'x' })).rejects.toMatchObject({ code: 'PRIVATE_KEY_INVALID' });
  });

  test('a host that wants a second factor: the error says that the key was good', async () => {
    await expect(whoAmI(bySecondFactor, { 'private-key': await keys.text('own') })).rejects.toMatchObject(
      refused(/took the key, but wants password as well/),
    );
  });

  describe('a command that is asked for together with it', () => {
    const own = async () => ({ 'private-key': await keys.text('own') });
    const sessions = async (command: string) =>
      (await logOf(host, 'key')).split('\n').filter(line => line.includes(`Starting session: ${command} `)).length;
    const until = async (holds: () => Promise<boolean>) => {
      for (const from = Date.now(); !(await holds()); await sleep(50))
        if (Date.now() - from > 10_000) throw new Error(await logOf(host, 'key'));
    };

    test('has begun before it is opened, once, and its exit code is not lost', async () => {
      const before = await sessions('command');
      await using connection = await reach(byKey, await own(), {}, 'echo early; exit 3');
      await until(async () => (await sessions('command')) === before + 1);
      await sleep(100); // its end is there, too
      const signal = AbortSignal.timeout(10_000);
      const started = await connection.open('echo early; exit 3', signal);
      let said = '';
      started.channel.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      expect(await started.exit(signal)).toBe(3);
      expect(said).toBe('early\n');
      expect(await sessions('command')).toBe(before + 1);
      // the same again is begun anew, and so is another
      expect((await connection.exec('echo early; exit 3', { timeout: 10_000 })).code).toBe(3);
      expect((await connection.exec('id -un', { timeout: 10_000 })).stdout).toBe('deploy\n');
      expect(await sessions('command')).toBe(before + 3);
    });

    test('changes nothing of a refusal', async () => {
      const other = { 'private-key': await keys.text('other') };
      await expect(reach(byKey, other, {}, 'id')).rejects.toMatchObject(refused(/refused the key ssh-ed25519 SHA256:/));
      await expect(reach(bySecondFactor, await own(), {}, 'id')).rejects.toMatchObject(
        refused(/took the key, but wants password as well/),
      );
    });

    test('is begun later where there are several keys to try', async () => {
      await keys.certify('own', 'authority', 'deploy');
      const inputs = { ...(await own()), certificate: await keys.text('own-cert.pub') };
      const before = await sessions('command');
      await using connection = await reach(byKey, inputs, {}, 'cat');
      const signal = AbortSignal.timeout(10_000);
      const started = await connection.open('cat', signal);
      started.channel.resume().end('x');
      expect(await started.exit(signal)).toBe(0);
      expect(await sessions('command')).toBe(before + 1);
    });
  });
});
