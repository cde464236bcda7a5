import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { actionMain } from '../action-main.ts';

// The program that the go command starts as its cache, as processes; one request at a time through its real protocol.
const main = actionMain('setup-go-cross');
const running: ChildProcess[] = [];
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-shared-'));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

interface Answer {
  readonly ID: number;
  readonly Miss?: boolean;
  readonly DiskPath?: string;
  readonly Err?: string;
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const action = 'ab'.repeat(32);
const output = 'cd'.repeat(32);

/** A builder's cache process; `as` starts it as another user, with the umask that most users have. */
function builder(as: readonly string[] = []) {
  const argv = [...as, process.execPath, main, 'slipway-go-cache', join(root, 'build')];
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
  running.push(child);
  let [log, rest, last] = ['', '', 0];
  const waiting = new Map<number, (answer: Answer) => void>();
  child.stderr!.setEncoding('utf8').on('data', text => {
    log += text;
  });
  child.stdout!.setEncoding('utf8').on('data', text => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer;
      waiting.get(answer.ID)?.(answer);
    }
  });
  const ask = (fields: object, body?: string) => {
    const ID = ++last;
    const answer = new Promise<Answer>(resolve => waiting.set(ID, resolve));
    child.stdin!.write(`${JSON.stringify({ ID, ...fields })}\n`);
    if (body !== undefined) child.stdin!.write(`"${Buffer.from(body).toString('base64')}"\n`);
    return answer;
  };
  return {
    child,
    log: () => log,
    get: (id = action) => ask({ Command: 'get', ActionID: base64(id) }),
    put: (body: string, id = action) =>
      ask({ Command: 'put', ActionID: base64(id), OutputID: base64(output), BodySize: body.length }, body),
    close: () => ask({ Command: 'close' }),
  };
}

const settled = async (answer: Promise<Answer>, ms = 700) =>
  Promise.race([answer.then(() => true), new Promise<false>(resolve => setTimeout(resolve, ms, false))]);

test('one fills a missing entry, the other waits for it', async () => {
  const [one, two] = [builder(), builder()];
  expect((await one.get()).Miss).toBe(true);
  const waits = two.get();
  expect(await settled(waits)).toBe(false);
  await one.put('result');
  const { DiskPath, Miss } = await waits;
  expect(Miss).toBeUndefined();
  expect(statSync(DiskPath!).size).toBe(6);
  const ended = [one, two].map(({ child }) => once(child, 'exit'));
  await Promise.all([one.close(), two.close(), ...ended]);
  expect([readdirSync(join(root, 'build/lease')), readdirSync(join(root, 'build/holder'))]).toEqual([[], []]);
}, 60_000);

test('a builder that is killed frees what it was about to fill', async () => {
  const [one, two] = [builder(), builder()];
  expect((await one.get()).Miss).toBe(true);
  const waits = two.get();
  expect(await settled(waits)).toBe(false);
  one.child.kill('SIGKILL');
  expect((await waits).Miss).toBe(true);
  expect((await two.put('result')).DiskPath).toBeDefined();
}, 60_000);

test('an entry that its first builder did not fill keeps nobody waiting', async () => {
  const [one, two] = [builder(), builder()];
  await one.get();
  const waits = two.get();
  expect(await settled(waits)).toBe(false);
  await one.close();
  expect((await waits).Miss).toBe(true);
}, 60_000);

test('an output that is cut short is a miss, and is mended', async () => {
  const one = builder();
  await one.get();
  const { DiskPath } = await one.put('result');
  chmodSync(DiskPath!, 0o664);
  writeFileSync(DiskPath!, 'res');
  const two = builder();
  expect((await two.get()).Miss).toBe(true);
  await two.put('result');
  expect((await two.get()).Miss).toBeUndefined();
}, 60_000);

/** The names of the places that builds hold at this moment. */
const places = () => readdirSync(join(root, 'build/lease')).filter(name => name.startsWith('place-'));
const entry = (index: number) => index.toString(16).padStart(64, '0');

/**
 * Takes the first place, whose holder makes more of them while cores are idle: how many there are then does not depend on
 * what else this machine does. The other places are left.
 */
function takeFirstPlace(): number {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  const machine = createHash('sha256').update(boot).digest('hex').slice(0, 16);
  const here = `${hostname()}/${boot.trim()}/${readlinkSync('/proc/self/ns/pid')}`;
  mkdirSync(join(root, 'build/lease'), { recursive: true });
  writeFileSync(join(root, 'build/lease', `place-${machine}-0`), `${here} ${process.pid}\n`);
  return Math.ceil(1.5 * availableParallelism()) - 1;
}

test('builds take turns: no more at once than there are places; who ends, or is killed, makes room', async () => {
  const atWork = Array.from({ length: takeFirstPlace() }, () => builder());
  await Promise.all(atWork.map((one, index) => one.get(entry(index))));
  expect(places()).toHaveLength(atWork.length + 1);
  const next = builder();
  const waits = next.get(entry(100));
  expect(await settled(waits, 1500)).toBe(false);
  await atWork[0]!.close();
  expect((await waits).Miss).toBe(true);

  const last = builder();
  const alsoWaits = last.get(entry(101));
  expect(await settled(alsoWaits, 1500)).toBe(false);
  next.child.kill('SIGKILL');
  expect((await alsoWaits).Miss).toBe(true);
}, 60_000);

test('a long build gives up its place and goes on', async () => {
  const atWork = Array.from({ length: takeFirstPlace() }, () => builder());
  await Promise.all(atWork.map((one, index) => one.get(entry(index))));
  const began = Date.now();
  const next = builder();
  expect((await next.get(entry(100))).Miss).toBe(true);
  expect(Date.now() - began).toBeGreaterThan(8000); // until then all places are taken
  expect(Date.now() - began).toBeLessThan(25_000);
  expect((await atWork[0]!.put('result', entry(0))).DiskPath).toBeDefined();
}, 60_000);

const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;
describeAsRoot('two users of one group (needs root, to become them)', () => {
  const group = 4321;
  const user = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, `--groups=${group}`];
  beforeEach(() => {
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'build'));
    chownSync(join(root, 'build'), 0, group);
    chmodSync(join(root, 'build'), 0o2775);
  });

  test('fill, read and replace each other’s entries', async () => {
    const [one, two] = [builder(user(4001)), builder(user(4002))];
    await one.get();
    const { DiskPath } = await one.put('result');
    expect(statSync(DiskPath!)).toMatchObject({ uid: 4001, gid: group });
    expect((await two.get()).DiskPath).toBe(DiskPath);
    const neighbour = `${'ab'.repeat(31)}ac`; // in the folder that the first user made
    await two.get(neighbour);
    expect((await two.put('longer result', neighbour)).DiskPath).toBe(DiskPath); // takes the place of the other's
    expect(statSync(DiskPath!)).toMatchObject({ uid: 4002, gid: group });
    expect([one.log(), two.log()]).toEqual(['', '']);
  }, 60_000);

  test('whoever is not of the group reads, and keeps new entries to himself', async () => {
    const one = builder(user(4001));
    await one.get();
    await one.put('result');
    const other = builder(['setpriv', '--reuid=4003', '--regid=4003', '--clear-groups']);
    expect((await other.get()).Miss).toBeUndefined();
    const { DiskPath, Err } = await other.put('own', 'ef'.repeat(32));
    expect(Err).toBeUndefined();
    expect(DiskPath!.startsWith(root)).toBe(false);
    expect(other.log()).toContain('is not fully used');
    const ended = once(other.child, 'exit');
    await other.close();
    await ended;
    expect(existsSync(DiskPath!)).toBe(false);
  }, 60_000);
});
