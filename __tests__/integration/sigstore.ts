import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { run } from '../../src/core/process.ts';

/** Who the job is, and who says so. */
export const identity = 'https://github.com/acme/hello/.github/workflows/release.yml@refs/heads/main';
export const issuer = 'https://token.actions.githubusercontent.com';
export const source = 'https://github.com/acme/hello';

export interface Sigstore extends AsyncDisposable {
  readonly url: string;
  /** What a runner gives a job that may ask for its identity. */
  readonly env: NodeJS.ProcessEnv;
  /** PEM files: what a verifier trusts. */
  readonly authority: string;
  readonly log: string;
  /** What came, by path: every request was checked before it was answered. */
  readonly asked: readonly string[];
  /** Milliseconds that the log's clock is ahead. */
  ahead: number;
  /** Writes a `trusted_root.json` as cosign does, with the log or with the timestamp authority of that chain. */
  trustedRoot(name: string, timestamps?: string): Promise<string>;
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data);
const der = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });

/**
 * A Sigstore of the test's own: the runner's token service, a certificate authority (Fulcio's API) and a transparency log
 * of one entry (Rekor's API), whose certificates, timestamps and proofs are real, so that cosign can verify by them.
 */
export async function startSigstore(parent: string): Promise<Sigstore> {
  const folder = await mkdtemp(join(parent, 'sigstore-'));
  const file = (name: string) => join(folder, name);
  const rekor = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(file('rekor.pub'), rekor.publicKey.export({ type: 'spki', format: 'pem' }));
  await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('ca.key')],
    ...['-subj', '/O=test/CN=authority', '-days', '2', '-out', file('ca.pem')],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  await writeFile(
    file('leaf.cnf'),
    [
      `subjectAltName=critical,URI:${identity}`,
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=codeSigning',
      'basicConstraints=critical,CA:FALSE',
      `1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:${issuer}`,
      `1.3.6.1.4.1.57264.1.12=ASN1:UTF8String:${source}`,
    ].join('\n'),
  );
  const jwt = `x.${Buffer.from(JSON.stringify({ iss: issuer, sub: 'repo:acme/hello' })).toString('base64url')}.x`;
  let number = 0;

  async function certify(body: Certify): Promise<object> {
    const { publicKey, proofOfPossession } = body.publicKeyRequest;
    const key = createPublicKey(publicKey.content);
    if (body.credentials.oidcIdentityToken !== jwt) throw new Error('another token');
    if (!verify('sha256', Buffer.from('repo:acme/hello'), key, Buffer.from(proofOfPossession, 'base64')))
      throw new Error('no proof of possession');
    const [pub, leaf] = [file(`${number}.pub`), file(`${number++}.pem`)];
    await writeFile(pub, publicKey.content);
    const by = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-extfile', file('leaf.cnf'), '-days', '1'];
    await openssl('x509', '-new', '-force_pubkey', pub, '-subj', '/O=test', ...by, '-out', leaf);
    const certificates = await Promise.all([leaf, file('ca.pem')].map(path => readFile(path, 'utf8')));
    return { signedCertificateEmbeddedSct: { chain: { certificates } } };
  }

  /** What the log keeps of a signed envelope; of signed bytes it keeps what is proposed. */
  function kept({ kind, spec }: Entry): object {
    if (kind === 'hashedrekord') return spec;
    if (kind !== 'dsse') throw new Error(`an entry of kind ${kind}`);
    const { envelope: text, verifiers } = spec.proposedContent;
    const envelope = JSON.parse(text) as { payload: string; signatures: { sig: string }[] };
    const digest = (data: string | Buffer) => ({ algorithm: 'sha256', value: sha256(data).digest('hex') });
    return {
      envelopeHash: digest(text),
      payloadHash: digest(Buffer.from(envelope.payload, 'base64')),
      signatures: [{ signature: envelope.signatures[0]!.sig, verifier: verifiers[0] }],
    };
  }

  function enter(proposed: Entry): object {
    const body = Buffer.from(JSON.stringify({ apiVersion: '0.0.1', kind: proposed.kind, spec: kept(proposed) }));
    const logID = sha256(der(rekor.publicKey)).digest('hex');
    const entry = {
      body: body.toString('base64'),
      integratedTime: Math.floor((Date.now() + sigstore.ahead) / 1000),
      logID,
      logIndex: 0,
    };
    const root = sha256(Buffer.concat([Buffer.of(0), body])).digest();
    // By the time, verifiers know a Rekor of version 1.
    const note = `log.test - 1\n1\n${root.toString('base64')}\nTimestamp: ${Date.now()}000000\n`;
    const hint = Buffer.from(logID, 'hex').subarray(0, 4);
    const signature = Buffer.concat([hint, sign('sha256', Buffer.from(note), rekor.privateKey)]).toString('base64');
    const verification = {
      signedEntryTimestamp: sign('sha256', Buffer.from(JSON.stringify(entry)), rekor.privateKey).toString('base64'),
      inclusionProof: {
        checkpoint: `${note}\n— log.test ${signature}\n`,
        hashes: [],
        logIndex: 0,
        rootHash: root.toString('hex'),
        treeSize: 1,
      },
    };
    return { [root.toString('hex')]: { ...entry, verification } };
  }

  const asked: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const path = incoming.url ?? '';
    asked.push(path);
    try {
      const answer = path.startsWith('/token?')
        ? tokenFor(path, incoming.headers.authorization)
        : path === '/api/v2/signingCert'
          ? await certify((await json(incoming)) as Certify)
          : enter((await json(incoming)) as Entry);
      outgoing.writeHead(path.startsWith('/token') ? 200 : 201, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(answer));
    } catch (error) {
      outgoing.writeHead(400).end(String(error));
    }
  });
  function tokenFor(path: string, authorization: string | undefined): object {
    if (authorization !== 'Bearer of-the-runner') throw new Error('not the runner');
    if (new URL(path, 'http://x').searchParams.get('audience') !== 'sigstore') throw new Error('another audience');
    return { value: jwt };
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sigstore: Sigstore = {
    url,
    env: { ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?x=1`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner' },
    authority: file('ca.pem'),
    log: file('rekor.pub'),
    asked,
    ahead: 0,
    trustedRoot: async (name, timestamps) => {
      const chain = async (path: string) => {
        const pems = (await readFile(path, 'utf8')).match(/-----BEGIN CERT[\s\S]*?-----END CERTIFICATE-----/g)!;
        const certificates = pems.map(pem => ({ rawBytes: new X509Certificate(pem).raw.toString('base64') }));
        return { uri: url, certChain: { certificates }, validFor: { start: '2020-01-01T00:00:00Z' } };
      };
      const log = {
        baseUrl: 'https://log.test',
        hashAlgorithm: 'SHA2_256',
        publicKey: {
          rawBytes: der(rekor.publicKey).toString('base64'),
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
          validFor: { start: '2020-01-01T00:00:00Z' },
        },
        logId: { keyId: sha256(der(rekor.publicKey)).digest('base64') },
      };
      const root = {
        mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
        tlogs: timestamps === undefined ? [log] : [],
        certificateAuthorities: [await chain(file('ca.pem'))],
        ctlogs: [],
        timestampAuthorities: timestamps === undefined ? [] : [await chain(timestamps)],
      };
      await writeFile(file(name), JSON.stringify(root));
      return file(name);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return sigstore;
}

interface Certify {
  readonly credentials: { readonly oidcIdentityToken: string };
  readonly publicKeyRequest: { readonly publicKey: { readonly content: string }; readonly proofOfPossession: string };
}

interface Entry {
  readonly kind: string;
  readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

const openssl = (...argv: string[]) => run(['openssl', ...argv], { timeout: 30_000 });
