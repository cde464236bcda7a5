import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { sha256 } from '../../src/core/files.ts';
import { agentCommand } from '../../src/core/host-agent/become.ts';
import { Pieces, stream } from '../../src/deploy-ssh-systemd/upload.ts';
import { Talk } from './agent-talk.ts';
import { campaign } from './extent.ts';
import { describeWith } from './lab.ts';

/** `npm run campaign` races more often. */
const rounds = campaign ? 200 : 20;

const shells = campaign ? ['dash', 'bash', 'busybox sh'] : ['dash', 'busybox sh'];
const unit = (directory: string) => Buffer.from(`[Unit]\nX-Slipway=${directory}\n[Service]\nExecStart=/bin/true\n`);

/** What "upload" takes for one file, its pieces compressed. */
const upload = (name: string, from: number, ...pieces: Uint8Array[]) =>
  Buffer.concat([
    Buffer.from(`${name} ${from} ${pieces.reduce((size, piece) => size + gunzipSync(piece).length, from)}\n`),
    ...pieces.flatMap(piece => [Buffer.from(`${piece.length}\n`), piece]),
    Buffer.from('0\nend\n'),
  ]);

/** What "release" takes: the length of the listing, then listing and parts. */
const release = (parts: Record<string, [mode: string, content: Buffer]>, blobs: Record<string, string>) => {
  const lines = [
    ...Object.entries(parts).map(([path, [mode, content]]) => `part ${mode} ${content.length} ${path}`),
    ...Object.entries(blobs).map(([path, name]) => `blob ${name.split('.')[1] ?? '755'} ${name} ${path}`),
  ];
  const listing = Buffer.from(`${lines.join('\n')}\n`);
  const data = Buffer.concat([listing, ...Object.values(parts).map(([, content]) => content)]);
  return { length: String(listing.length), data };
};

await describeWith(
  ['package:dash', 'package:bash', 'package:busybox', 'package:fish', 'package:tcsh', 'package:zstd'],
  'the agent',
  () => {
    let folder: string;
    let directory: string;
    let marker: string;
    const service = `slw-test-${process.pid}`;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'slipway-agent-'));
      directory = join(folder, 'app');
      marker = join(folder, 'executed');
    });
    afterEach(() => rm(folder, { recursive: true }));

    const started = async (shell: string, env: Record<string, string> = {}) => {
      const agent = new Talk(['/bin/sh', '-c', agentCommand('none').replaceAll('/bin/sh', shell)], env);
      await agent.start();
      return agent;
    };

    test.each(['fish', 'csh', 'tcsh', 'bash', 'dash'])('starts below the login shell %s', async shell => {
      const agent = new Talk([shell, '-c', agentCommand('none')]);
      await agent.start();
      expect((await agent.ask('facts', [service, directory])).end).toBe('ok');
      agent.child.stdin.end();
    });

    test.each(shells)('%s: a whole release is stored, and looking changes nothing', async shell => {
      const agent = await started(shell);
      const facts = await agent.ask('facts', [service, directory]);
      expect(facts.end).toBe('ok');
      expect(facts.facts.get('machine')).toMatch(/\w/);
      expect(await readdir(folder)).toEqual([]);
      expect((await agent.ask('lock', ['t1', "it's me, $(id)"])).end).toBe('ok');
      // larger than one block, and no multiple of it; bytes of all kinds, line ends included
      const binary = Buffer.from(Array.from({ length: 200_003 }, (_, index) => (index * 7 + (index >> 8)) % 256));
      const [half, page] = [100_000, Buffer.from('a page')];
      const name = sha256(binary);
      const pieces = [binary.subarray(0, half), binary.subarray(half)].map(piece => gzipSync(piece));
      expect((await agent.ask('upload', [], upload(name, 0, ...pieces))).end).toBe('ok');
      expect((await agent.ask('upload', [], upload(`${sha256(page)}.640`, 0, gzipSync(page)))).end).toBe('ok');
      const environment = Buffer.from('SECRET="a\\"b\n$(x)"\n');
      const { length, data } = release(
        {
          unit: ['644', unit(directory)],
          environment: ['600', environment],
          'credentials/key': ['600', environment],
          'release.json': ['644', Buffer.from('{}\n')],
        },
        { [service]: name, "files/a $(x)  'b'/page": `${sha256(page)}.640` },
      );
      expect((await agent.ask('release', ['v1', length], data)).end).toBe('ok');
      const folderOfRelease = join(directory, 'releases/v1');
      const { ino } = await stat(folderOfRelease);
      expect((await agent.ask('release', ['v1', length], data)).end).toBe('ok');
      expect((await stat(folderOfRelease)).ino).toBe(ino); // the same again is left as it is
      const mode = async (path: string) => ((await stat(join(folderOfRelease, path))).mode & 0o7777).toString(8);
      expect(await readFile(join(folderOfRelease, service))).toEqual(binary);
      expect(await readFile(join(folderOfRelease, 'environment'))).toEqual(environment);
      expect(await readFile(join(folderOfRelease, 'credentials/key'))).toEqual(environment);
      expect(await readFile(join(folderOfRelease, "files/a $(x)  'b'/page"))).toEqual(page);
      expect(await Promise.all(['environment', 'credentials', 'credentials/key', service].map(mode))).toEqual([
        '600',
        '700',
        '600',
        '755',
      ]);
      expect(await mode("files/a $(x)  'b'/page")).toBe('640');
      expect((await stat(join(directory, 'state'))).mode & 0o777).toBe(0o700);
      await rm(join(folderOfRelease, 'unit'));
      expect((await agent.ask('release', ['v1', length], data)).end).toBe('ok');
      expect(await readFile(join(folderOfRelease, 'unit'))).toEqual(unit(directory)); // what somebody changed is put right
      expect((await readdir(join(directory, 'releases'))).sort()).toEqual(['v1']);
      expect((await agent.ask('facts', [service, directory])).facts.get('holder')).toBe("it's me, $(id)");
      agent.child.stdin.end();
    });

    test.each(shells)('%s: of requests sent together, those after a failure are passed over', async shell => {
      const [first, second] = [await started(shell), await started(shell)];
      for (const one of [first, second]) await one.ask('facts', [service, directory]);
      const listing = `part 644 ${unit(directory).length} unit\n`;
      const data = Buffer.concat([Buffer.from(listing), unit(directory)]);
      const release = ['release', ['v1', String(listing.length)], data] as const;
      const look = async (agent: Talk) => (await agent.ask('facts', [service, directory])).facts.get('stamp')!;
      const seen = await look(second);
      const sent = upload(sha256('all'), 0, gzipSync('a'), gzipSync('ll'));
      const together = (agent: Talk, stamp: string) =>
        agent.askTogether([
          ['lock', ['t2', 'second']],
          ['same', [stamp]],
          ['upload', [], sent],
          release,
          ['watch', ['none', 'no', '0']],
        ]);
      expect((await first.ask('lock', ['t1', 'first'])).end).toBe('ok');
      expect(await together(second, seen)).toEqual(['LOCKED', ...Array(4).fill('SKIPPED')]);
      // what comes after them is read from its beginning
      expect((await second.ask('facts', [service, directory])).end).toBe('ok');
      // what another conversation has seen
      expect(await together(first, seen)).toEqual(['ok', 'STATE_CHANGED', ...Array(3).fill('SKIPPED')]);
      const now = await look(first);
      // a release without a program; the lock and the folders that come with it are no change
      expect(await together(first, now)).toEqual(['ok', 'ok', 'ok', 'UPLOAD_DAMAGED', 'SKIPPED']);
      // the upload is one
      expect(await together(first, now)).toEqual(['ok', 'STATE_CHANGED', ...Array(3).fill('SKIPPED')]);
      for (const one of [first, second]) one.child.stdin.end();
    });

    test.each(shells)('%s: a second one finds the lock held, and free when the first has ended', async shell => {
      const [first, second] = [await started(shell), await started(shell)];
      for (const one of [first, second]) await one.ask('facts', [service, directory]);
      expect((await first.ask('lock', ['t1', 'first'])).end).toBe('ok');
      expect((await second.ask('lock', ['t2', 'second'])).end).toBe('LOCKED');
      const gone = new Promise(resolve => first.child.once('exit', resolve));
      first.child.kill('SIGKILL');
      await gone;
      expect((await second.ask('lock', ['t2', 'second'])).end).toBe('ok');
      second.child.stdin.end();
    });

    test.each(shells)(
      '%s: a runner that went silent loses the lock',
      async shell => {
        const silent = await started(shell, { SLIPWAY_AGENT_IDLE: '2' });
        const gone = new Promise(resolve => silent.child.once('exit', resolve));
        await silent.ask('facts', [service, directory]);
        expect((await silent.ask('lock', ['t1', 'silent'])).end).toBe('ok');
        await gone;
        const next = await started(shell);
        await next.ask('facts', [service, directory]);
        expect((await next.ask('lock', ['t2', 'next'])).end).toBe('ok');
        next.child.stdin.end();
      },
      20_000,
    );

    test.each(shells)(
      '%s: an upload that stands still loses the lock, one that is only slow does not',
      async shell => {
        const bytes = randomBytes(1_000_000);
        const packed = gzipSync(bytes);
        const name = sha256(bytes);
        const all = upload(name, 0, packed);
        const silent = await started(shell, { SLIPWAY_AGENT_IDLE: '2' });
        const gone = new Promise(resolve => silent.child.once('exit', resolve));
        await silent.ask('facts', [service, directory]);
        expect((await silent.ask('lock', ['t1', 'silent'])).end).toBe('ok');
        expect((await silent.ask('upload', [], all.subarray(0, 500_000))).end).toBe('ended');
        await gone;
        const slow = await started(shell, { SLIPWAY_AGENT_IDLE: '2' });
        await slow.ask('facts', [service, directory]);
        expect((await slow.ask('lock', ['t2', 'slow'])).end).toBe('ok');
        // what came stays, and the next one goes on from there
        const parts = (await slow.ask('facts', [service, directory])).facts.get('parts')!.split(' ');
        expect(parts[0]).toBe(name);
        const from = Number(parts[1]);
        expect(from).toBeGreaterThan(100_000);
        const rest = upload(name, from, gzipSync(bytes.subarray(from)));
        const answer = slow.ask('upload', [], rest.subarray(0, 100));
        for (let at = 100; at < rest.length; at += 100_000) {
          await sleep(600);
          slow.child.stdin.write(rest.subarray(at, at + 100_000));
        }
        expect((await answer).end).toBe('ok');
        expect(await readdir(join(directory, 'blobs'))).toEqual([name]);
        slow.child.stdin.end();
      },
      40_000,
    );

    const nasty = [
      '$(touch MARK)',
      '`touch MARK`',
      "';touch MARK;'",
      '";touch MARK;"',
      '-rf',
      '../../etc',
      'a b',
      'a\nb',
      '*',
      '',
      '.',
      'x[$(touch MARK)]',
    ];
    test.each(shells)(
      '%s: names are never executed',
      async shell => {
        for (const text of nasty.map(name => name.replaceAll('MARK', marker))) {
          const agent = await started(shell);
          expect((await agent.ask('facts', [text, directory])).end).toBe('NAME_REFUSED');
          expect((await agent.ask('facts', [service, text])).end).toBe('NAME_REFUSED');
          expect((await agent.ask('facts', [service, `${directory}/${text}`])).end).toBe('NAME_REFUSED');
          await agent.ask('facts', [service, directory]);
          expect((await agent.ask('lock', ['t1', text])).end).toBe('ok');
          expect((await agent.ask('confirm', [text, '0', '0'])).end).toBe('NAME_REFUSED');
          expect((await agent.ask('watch', [text, 'no', '0'])).end).toBe('NAME_REFUSED');
          expect((await agent.ask('journal', ['t1', text])).end).toBe('NAME_REFUSED');
          expect((await agent.ask('switch', ['t1', text, 'deploy', '5', 'me'])).end).toBe('RELEASE_MISSING');
          expect((await agent.ask('prune', [text])).end).toBe('ok');
          expect((await agent.ask('user', [text])).end).toBe('NAME_REFUSED');
          expect((await agent.ask('facts', [service, directory, text, text])).end).toBe(
            text === '' ? 'ok' : 'NAME_REFUSED',
          );
          const line = text.replaceAll('\n', ' ');
          expect((await agent.ask('upload', [], upload(line, 0))).end).toBe('NAME_REFUSED');
          agent.child.stdin.end();
          for (const path of [`../${line}`, `/${line}`, `files/../../${line}`]) {
            const other = await started(shell);
            await other.ask('facts', [service, directory]);
            await other.ask('lock', ['t1', 'me']);
            const { length, data } = release({ [path]: ['644', unit(directory)] }, {});
            expect((await other.ask('release', ['v1', length], data)).end).toBe('NAME_REFUSED');
            other.child.stdin.end();
          }
        }
        expect(await readdir(folder)).toEqual(['app']);
      },
      180_000,
    );

    test.each(shells)('%s: what the runner packs arrives as it was, also from where it was cut', async shell => {
      const bytes = Buffer.concat([randomBytes(1_500_000), Buffer.alloc(2_000_000, 'text ')]);
      const [source, name, part] = [join(folder, 'program'), sha256(bytes), 1_200_001];
      await writeFile(source, bytes);
      const blob = { name, sha256: name, mode: '755', path: service, size: bytes.length, source };
      for (const packing of ['zstd', 'gzip'] as const) {
        for (const there of [0, part]) {
          const agent = await started(shell);
          expect((await agent.ask('facts', [service, directory])).facts.get('zstd')).toBe('yes');
          await agent.ask('lock', ['t1', 'me']);
          await rm(join(directory, 'blobs', name), { force: true });
          if (there > 0) await writeFile(join(directory, 'blobs', `.part.${name}`), bytes.subarray(0, there));
          const sent = stream([blob], new Map([[name, there]]), new Pieces(), packing, () => undefined);
          expect((await agent.ask('upload', [], Buffer.concat(await Array.fromAsync(sent)))).end).toBe('ok');
          expect(sha256(await readFile(join(directory, 'blobs', name)))).toBe(name);
          agent.child.stdin.end();
        }
      }
    });

    test.each(shells)('%s: a damaged upload is refused, and nothing of it stays', async shell => {
      const agent = await started(shell);
      await agent.ask('facts', [service, directory]);
      await agent.ask('lock', ['t1', 'me']);
      expect((await agent.ask('upload', [], upload(sha256('this'), 0, gzipSync('other')))).end).toBe('UPLOAD_DAMAGED');
      expect(await readdir(join(directory, 'blobs'))).toEqual([]);
    });

    test.each([
      ['within a piece', 1000],
      ['between two pieces', 0],
    ])('an upload that is cut %s stays as far as it came', async (_where, more) => {
      const bytes = randomBytes(300_000);
      const name = sha256(bytes);
      const [first, second] = [bytes.subarray(0, 200_000), bytes.subarray(200_000)].map(piece => gzipSync(piece));
      const header = `${name} 0 ${bytes.length}\n${first!.length}\n`;
      const agent = await started('dash');
      await agent.ask('facts', [service, directory]);
      await agent.ask('lock', ['t1', 'me']);
      const gone = new Promise(resolve => agent.child.once('exit', resolve));
      const rest = more === 0 ? '' : Buffer.concat([Buffer.from(`${second!.length}\n`), second!.subarray(0, more)]);
      const answer = agent.ask('upload', [], Buffer.concat([Buffer.from(header), first!, Buffer.from(rest)]));
      agent.child.stdin.end();
      expect((await answer).end).toBe('UPLOAD_FAILED');
      await gone;
      const there = await readFile(join(directory, 'blobs', `.part.${name}`));
      expect(there.length).toBeGreaterThanOrEqual(200_000);
      expect(there.equals(bytes.subarray(0, there.length))).toBe(true);
    });

    test('a disk that gets full during an upload: nothing of it stays', async () => {
      const disk = join(folder, 'disk');
      const left = join(folder, 'left');
      const agent = new Talk([
        ...['unshare', '-rm', 'sh', '-c'],
        `mkdir ${disk} && mount -t tmpfs -o size=256k none ${disk}; ${agentCommand('none')}; ls -A ${disk}/app/blobs >${left}`,
      ]);
      await agent.start();
      await agent.ask('facts', [service, join(disk, 'app')]);
      expect((await agent.ask('lock', ['t1', 'me'])).end).toBe('ok');
      const bytes = randomBytes(1_000_000);
      const gone = new Promise(resolve => agent.child.once('exit', resolve));
      expect((await agent.ask('upload', [], upload(sha256(bytes), 0, gzipSync(bytes)))).end).toBe('UPLOAD_FAILED');
      agent.child.stdin.end();
      await gone;
      expect(await readFile(left, 'utf8')).toBe('');
    });

    test.each(shells)(
      '%s: of a confirmation and a revert at the same time, exactly one wins',
      async shell => {
        const [one, two] = [await started(shell), await started(shell)];
        for (const agent of [one, two]) await agent.ask('facts', [service, directory]);
        await one.ask('lock', ['t0', 'me']);
        const state = join(directory, 'state');
        const wins = { confirmed: 0, reverted: 0 };
        for (let round = 0; round < rounds; round++) {
          const token = `r${round}`;
          await writeFile(join(state, `intent.${token}`), 'new=v1\nold=\nkind=deploy\nat=1\nby=bWU=\n');
          const [confirmed, reverted] = await Promise.all([
            one.ask('confirm', [token, '0', '0']),
            two.ask('revert', [token, 'test']),
          ]);
          const history = (await readFile(join(state, 'history'), 'utf8'))
            .split('\n')
            .filter(line => line.includes(` ${token} `));
          expect(history).toHaveLength(1);
          expect(history[0]!.includes(' confirmed ')).toBe(confirmed.end === 'ok');
          if (confirmed.end === 'ok') wins.confirmed++;
          else wins.reverted++;
          expect(confirmed.end === 'ok' || reverted.facts.get('result')?.startsWith('reverted test')).toBe(true);
        }
        expect(wins.confirmed + wins.reverted).toBe(rounds);
        expect((await readdir(state)).filter(name => /^(intent|reverting|confirmed)\./.test(name))).toEqual([]);
        for (const agent of [one, two]) agent.child.stdin.end();
      },
      300_000,
    );

    test('a directory of somebody else is not taken over', async () => {
      await mkdir(directory);
      await writeFile(join(directory, 'theirs'), 'x');
      await chmod(directory, 0o755);
      const agent = await started('dash');
      expect((await agent.ask('facts', [service, directory])).facts.get('directory')).toBe('theirs');
      expect((await agent.ask('lock', ['t1', 'me'])).end).toBe('DIRECTORY_FOREIGN');
      expect(await readdir(directory)).toEqual(['theirs']);
      agent.child.stdin.end();
    });
  },
);
