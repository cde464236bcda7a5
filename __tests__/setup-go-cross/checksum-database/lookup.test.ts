import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseGoSumDb } from '../../../src/setup-go-cross/checksum-database/database.ts';
import { lookup } from '../../../src/setup-go-cross/checksum-database/lookup.ts';
import { treeMemory } from '../../../src/setup-go-cross/checksum-database/memory.ts';
import { fromMap, serve } from '../server.ts';
import { fakeDatabase, makeKey, recordOf } from './fake.ts';

const module = 'golang.org/toolchain';
const version = 'v0.0.1-go1.26.8.linux-amd64';
const hash = 'h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=';
const signal = new AbortController().signal;
const path = `/lookup/${module}@${version}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-trees-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const servers: { close: () => Promise<void> }[] = [];
afterEach(() => Promise.all(servers.splice(0).map(server => server.close())));

/** A log of `size` records with ours at `at`. */
function records(size: number, at: number): string[] {
  return Array.from({ length: size }, (_, id) =>
    id === at ? recordOf(module, version, hash) : recordOf(`example.com/m${id}`, 'v1.0.0', `h1:${'B'.repeat(43)}=`),
  );
}

async function ask(answers: Record<string, Buffer>, verifier: string) {
  const server = await serve(fromMap(answers));
  servers.push(server);
  return lookup(module, version, parseGoSumDb(`${verifier} ${server.url}`), [], { signal }, treeMemory(folder));
}

// Sizes around the tiles' width of 256 and its powers; records at the edges.
const shapes = [
  [1, 0],
  [2, 1],
  [3, 2],
  [7, 3],
  [255, 254],
  [256, 0],
  [257, 256],
  [300, 17],
  [513, 512],
  [1000, 999],
  [65_536 + 300, 65_537],
] as const;
test.each(shapes)('a log of %i records proves record %i', async (size, at) => {
  const { answers, verifier } = fakeDatabase('sum.test', records(size, at));
  expect(await ask(answers, verifier)).toBe(hash);
});

test('a tile that filled up since is served whole only', async () => {
  const { answers, verifier } = fakeDatabase('sum.test', records(300, 270));
  const partial = answers['/tile/8/0/001.p/44']!;
  delete answers['/tile/8/0/001.p/44'];
  answers['/tile/8/0/001'] = Buffer.concat([partial, Buffer.alloc(212 * 32, 7)]);
  expect(await ask(answers, verifier)).toBe(hash);
});

describe('refused', () => {
  const bent = (bend: (answers: Record<string, Buffer>) => void) => {
    const { answers, verifier } = fakeDatabase('sum.test', records(300, 17));
    bend(answers);
    return ask(answers, verifier);
  };
  const edit = (answers: Record<string, Buffer>, change: (text: string) => string) => {
    answers[path] = Buffer.from(change(answers[path]!.toString()));
  };
  const cases: { name: string; bend: (answers: Record<string, Buffer>) => void }[] = [
    { name: 'another hash in the record', bend: a => edit(a, text => text.replace('h1:ZOm', 'h1:ZOn')) },
    { name: 'another id', bend: a => edit(a, text => text.replace(/^17/, '18')) },
    { name: 'an id outside the tree', bend: a => edit(a, text => text.replace(/^17/, '300')) },
    {
      name: 'another tree size under the same signature',
      bend: a => edit(a, text => text.replace('\n300\n', '\n299\n')),
    },
    { name: 'no signature', bend: a => edit(a, text => text.replace(/— .*\n/, '')) },
    { name: 'a login page', bend: a => edit(a, () => '<html>please log in</html>') },
    {
      name: 'a tree signed by another key of the same name',
      bend: a => {
        a[path] = fakeDatabase('sum.test', records(300, 17), makeKey('sum.test')).answers[path]!;
      },
    },
    {
      name: 'one bit of the proof',
      bend: a => {
        a['/tile/8/0/000']![16 * 32]! ^= 1;
      },
    },
    {
      name: 'a tile that is too short',
      bend: a => {
        a['/tile/8/0/000'] = a['/tile/8/0/000']!.subarray(32);
      },
    },
  ];
  test.each(cases)('$name', async ({ bend }) => {
    await expect(bent(bend)).rejects.toMatchObject({ code: 'CHECKSUM_DATABASE_UNTRUSTED' });
  });

  test('a record of another version that really is in the log', async () => {
    const log = records(300, 17);
    const { answers, verifier } = fakeDatabase('sum.test', log);
    answers[path] = answers['/lookup/example.com/m18@v1.0.0']!;
    await expect(ask(answers, verifier)).rejects.toMatchObject({ code: 'CHECKSUM_DATABASE_UNTRUSTED' });
  });

  test('a module that the database does not know', async () => {
    const { answers, verifier } = fakeDatabase('sum.test', records(10, 9));
    delete answers[path];
    await expect(ask(answers, verifier)).rejects.toMatchObject({ code: 'CHECKSUM_UNKNOWN' });
  });
});

describe('the way to the database', () => {
  test('through a proxy that passes it on; one that does not is passed over', async () => {
    const { answers, verifier } = fakeDatabase('sum.test', records(5, 2));
    const without = await serve(fromMap({}));
    const passing = await serve((request, response) =>
      fromMap(answers)(Object.assign(request, { url: request.url!.replace('/sumdb/sum.test', '') }), response),
    );
    servers.push(without, passing);
    const database = parseGoSumDb(`${verifier} http://127.0.0.1:1`);
    expect(await lookup(module, version, database, [without.url, passing.url], { signal }, treeMemory(folder))).toBe(
      hash,
    );
    expect(without.asked).toEqual(['/sumdb/sum.test/supported']);
  });

  test('no way at all is an absent source, not a wrong one', async () => {
    const { verifier } = fakeDatabase('sum.test', records(5, 2));
    const database = parseGoSumDb(`${verifier} http://127.0.0.1:1`);
    await expect(lookup(module, version, database, [], { signal }, treeMemory(folder))).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
  });
});

describe('GOSUMDB', () => {
  test('the built-in key, also by its mirror', () => {
    expect(parseGoSumDb('')).toMatchObject({ url: 'https://sum.golang.org', verifier: { keyHash: '033de0ae' } });
    const mirror = parseGoSumDb('sum.golang.google.cn');
    expect(mirror).toMatchObject({ url: 'https://sum.golang.google.cn', verifier: { name: 'sum.golang.org' } });
  });

  test.each([
    ['off', 'GOSUMDB_OFF'],
    ['unknown.example', 'GOSUMDB_INVALID'],
    ['sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8', 'GOSUMDB_INVALID'],
  ])('%s is refused', (setting, code) => {
    expect(() => parseGoSumDb(setting)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a remembered tree', () => {
  const key = makeKey('sum.test');
  const log = (size: number, others = records(size, 17)) => fakeDatabase('sum.test', others, key);
  const seen = (size: number) => ask(log(size).answers, key.verifier);
  const sizeKept = () => Number(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8').split('\n')[1]);

  const growths = [
    [18, 18],
    [18, 19],
    [64, 65],
    [255, 257],
    [256, 512],
    [300, 1000],
    [513, 65_536 + 300],
  ] as const;
  test.each(growths)('grows from %i to %i records: proven and remembered', async (before, after) => {
    await seen(before);
    expect(sizeKept()).toBe(before);
    expect(await seen(after)).toBe(hash);
    expect(sizeKept()).toBe(after);
  });

  test('an older answer that was kept on the way, while the database shows the newer tree', async () => {
    await seen(700);
    const answers = { ...log(700).answers, [path]: log(300).answers[path]! };
    expect(await ask(answers, key.verifier)).toBe(hash);
    expect(sizeKept()).toBe(700);
  });

  const stranger = (size: number) => {
    const changed = records(size, 17);
    changed[3] = recordOf('example.com/m3', 'v1.0.0', `h1:${'C'.repeat(43)}=`);
    return log(size, changed);
  };
  const refused: { name: string; before: number; answers: () => Record<string, Buffer> }[] = [
    { name: 'rolled back, tiles and all', before: 700, answers: () => log(300).answers },
    { name: 'rolled back by one record', before: 301, answers: () => log(300).answers },
    { name: 'another tree of the same size', before: 300, answers: () => stranger(300).answers },
    { name: 'a larger tree that is no continuation', before: 300, answers: () => stranger(700).answers },
    {
      name: 'an older head of another tree, before the tiles of the newer one',
      before: 700,
      answers: () => ({ ...log(700).answers, [path]: stranger(300).answers[path]! }),
    },
  ];
  test.each(refused)('refused: $name', async ({ before, answers }) => {
    await seen(before);
    await expect(ask(answers(), key.verifier)).rejects.toMatchObject({ code: 'CHECKSUM_DATABASE_ROLLED_BACK' });
    expect(sizeKept()).toBe(before);
  });

  test('a remembered head that nobody signed is not used', async () => {
    await seen(300);
    const file = join(folder, readdirSync(folder)[0]!);
    writeFileSync(file, readFileSync(file, 'utf8').replace('\n300\n', '\n900\n'));
    expect(await seen(300)).toBe(hash);
    expect(sizeKept()).toBe(300);
  });
});
