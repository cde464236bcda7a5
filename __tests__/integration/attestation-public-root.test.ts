import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Metadata, type MetadataKind, Signature } from '@tufjs/models';
import { fetchTrustedRoot } from '../../src/core/attestation/public-good.ts';
import { freePort } from '../core/health/servers.ts';

const trusted = Buffer.from(
  JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [{ baseUrl: 'https://log.test' }],
  }),
);

/** The files of a repository of The Update Framework with one target, all signed by one key. */
function repository(expires: string): Map<string, Buffer> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const keyid = createHash('sha256').update(raw).digest('hex');
  const role = { keyids: [keyid], threshold: 1 };
  const key = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw.toString('hex') } };
  const hashes = { sha256: createHash('sha256').update(trusted).digest('hex') };
  const signed = {
    root: {
      keys: { [keyid]: key },
      roles: { root: role, timestamp: role, snapshot: role, targets: role },
      consistent_snapshot: false,
    },
    timestamp: { meta: { 'snapshot.json': { version: 1 } } },
    snapshot: { meta: { 'targets.json': { version: 1 } } },
    targets: { targets: { 'trusted_root.json': { length: trusted.length, hashes } } },
  };
  const files = new Map([['/targets/trusted_root.json', trusted]]);
  for (const [kind, more] of Object.entries(signed)) {
    const content = { _type: kind, spec_version: '1.0.31', version: 1, expires, ...more };
    // The four kinds are four overloads; here it is one after the other.
    const metadata = Metadata.fromJSON(kind as MetadataKind.Root, { signed: content, signatures: [] });
    metadata.sign(data => new Signature({ keyID: keyid, sig: sign(null, data, privateKey).toString('hex') }));
    files.set(`/${kind}.json`, Buffer.from(JSON.stringify(metadata.toJSON())));
  }
  return files;
}

describe('the trusted root of a public instance', () => {
  let folder: string;
  let server: Server;
  let mirrorURL: string;
  let files: Map<string, Buffer>;
  const before = process.env['RUNNER_TEMP'];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-root-'));
    process.env['RUNNER_TEMP'] = join(folder, 'runner');
    await mkdir(process.env['RUNNER_TEMP']);
    server = createServer(({ url }, answer) => {
      const file = files.get(url ?? '');
      answer.writeHead(file === undefined ? 404 : 200).end(file);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    mirrorURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env['RUNNER_TEMP'];
    else process.env['RUNNER_TEMP'] = before;
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  /** Fetches from a mirror that has these files, beginning with the root.json that is known. */
  const fetched = async (has: Map<string, Buffer>, known = has, url = mirrorURL) => {
    files = has;
    const rootPath = join(folder, 'root.json');
    await writeFile(rootPath, known.get('/root.json')!);
    return fetchTrustedRoot({ mirrorURL: url, rootPath });
  };
  const refused = (why: RegExp) => ({
    code: 'TRUSTED_ROOT_UNREACHABLE',
    message: expect.stringMatching(why),
    hint: expect.stringContaining('trusted-root: trusted_root.json'),
  });
  const good = () => repository('2999-01-01T00:00:00Z');

  test('is fetched by its signatures, and nothing stays behind', async () => {
    const root = await fetched(good());
    expect(root.tlogs.map(one => one.baseUrl)).toEqual(['https://log.test']);
    expect(await readdir(process.env['RUNNER_TEMP']!)).toEqual([]);
  });

  test('is refused where a file was altered, is old, or is of other signers', async () => {
    const altered = good();
    altered.set('/targets/trusted_root.json', Buffer.from(trusted.toString().replace('log.test', 'log.evil')));
    await expect(fetched(altered)).rejects.toMatchObject(refused(/hash|length/i));
    await expect(fetched(repository('2020-01-01T00:00:00Z'))).rejects.toMatchObject(refused(/expired/i));
    await expect(fetched(good(), good())).rejects.toMatchObject(refused(/sign/i));
    expect(await readdir(process.env['RUNNER_TEMP']!)).toEqual([]);
  });

  test('nobody there is said, with what to do', async () => {
    const port = await freePort();
    const none = fetched(good(), good(), `http://127.0.0.1:${port}`);
    await expect(none).rejects.toMatchObject(refused(new RegExp(`fetching the trusted root from .*:${port}: `)));
  }, 30_000);
});
