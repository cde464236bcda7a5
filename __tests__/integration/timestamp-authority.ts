import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { run } from '../../src/core/process.ts';

export interface TimestampAuthority extends AsyncDisposable {
  readonly url: string;
  /** PEM file, the signing certificate first: what a verifier trusts. */
  readonly chain: string;
  readonly asked: readonly string[];
}

const openssl = (...argv: string[]) => run(['openssl', ...argv], { timeout: 30_000 });

/** An RFC 3161 timestamp authority behind Sigstore's API; the timestamps are `openssl ts`'s. */
export async function startTimestampAuthority(parent: string): Promise<TimestampAuthority> {
  const folder = await mkdtemp(join(parent, 'timestamps-'));
  const file = (name: string) => join(folder, name);
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    file(name),
  ];
  const of = ['-days', '2', '-x509', '-subj', '/O=test/CN=timestamp root', '-out', file('root.pem')];
  await openssl('req', ...key('root.key'), ...of, '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  await openssl('req', ...key('tsa.key'), '-subj', '/O=test/CN=timestamps', '-out', file('tsa.csr'));
  const uses =
    'keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\nbasicConstraints=critical,CA:FALSE';
  await writeFile(file('tsa.ext'), uses);
  const by = ['-CA', file('root.pem'), '-CAkey', file('root.key'), '-CAcreateserial', '-extfile', file('tsa.ext')];
  await openssl('x509', '-req', '-in', file('tsa.csr'), ...by, '-days', '1', '-out', file('tsa.pem'));
  const certificates = await Promise.all(['tsa.pem', 'root.pem'].map(name => readFile(file(name), 'utf8')));
  await writeFile(file('chain.pem'), certificates.join(''));
  await writeFile(file('serial'), '01');
  const config = [
    '[tsa]',
    `serial = ${file('serial')}`,
    'default_policy = 1.3.6.1.4.1.57264.2',
    'digests = sha256',
    'signer_digest = sha256',
    'accuracy = secs:1',
    'ess_cert_id_alg = sha256',
  ];
  await writeFile(file('tsa.cnf'), config.join('\n'));

  let number = 0;
  async function stamp({ artifactHash, hashAlgorithm }: { artifactHash: string; hashAlgorithm: string }) {
    const [query, reply] = [file(`${number}.tsq`), file(`${number++}.tsr`)];
    const digest = Buffer.from(artifactHash, 'base64').toString('hex');
    await openssl('ts', '-query', '-digest', digest, `-${hashAlgorithm}`, '-cert', '-out', query);
    const signer = ['-signer', file('tsa.pem'), '-inkey', file('tsa.key'), '-config', file('tsa.cnf')];
    await openssl('ts', '-reply', '-section', 'tsa', '-queryfile', query, ...signer, '-out', reply);
    return readFile(reply);
  }

  const asked: string[] = [];
  // One after the other: openssl counts its serial numbers in a file.
  let before: Promise<unknown> = Promise.resolve();
  const server = createServer(async (incoming, outgoing) => {
    asked.push(incoming.url ?? '');
    const answer = before.then(async () => stamp((await json(incoming)) as Parameters<typeof stamp>[0]));
    before = answer.catch(() => undefined);
    await answer.then(
      bytes => outgoing.writeHead(201, { 'content-type': 'application/timestamp-reply' }).end(bytes),
      error => outgoing.writeHead(400).end(String(error)),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    chain: file('chain.pem'),
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
