import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileMustBeAttested } from '../../src/core/attestation/file.ts';
import type { SignerInputs } from '../../src/core/attestation/inputs.ts';
import { judge } from '../../src/core/attestation/judge.ts';
import { readRequirement } from '../../src/core/attestation/signer.ts';
import { statementOn } from '../../src/core/attestation/statement.ts';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { signBlob, signStatement } from './keyless-signing.ts';
import { describeWith } from './lab.ts';
import { identity, issuer, type Sigstore, startSigstore } from './sigstore.ts';
import { startTimestampAuthority, type TimestampAuthority } from './timestamp-authority.ts';

const program = 'a program';
const digest = `sha256:${sha256(program)}`;
const who = { 'certificate-identity': identity, 'certificate-oidc-issuer': issuer };

/** A bundle as JSON, as far as it is altered here. */
interface Json {
  verificationMaterial: {
    certificate: { rawBytes: string };
    tlogEntries: {
      inclusionPromise: { signedEntryTimestamp: string };
      inclusionProof: { hashes?: string[]; checkpoint: { envelope: string } };
    }[];
    timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope: { payload: string; signatures: { sig: string }[] };
}

await describeWith('peer:cosign', 'an attestation by an identity', lab => {
  let folder: string;
  let sigstore: Sigstore;
  let stranger: Sigstore;
  let clock: TimestampAuthority;
  /** Bundles: with a log’s entry; with one whose clock is two days ahead; with a timestamp. */
  let made: { logged: Buffer; late: Buffer; stamped: Buffer };
  let roots: Record<'log' | 'clock' | 'other clock' | 'stranger' | 'both', string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-keyless-'));
    [sigstore, stranger, clock] = await Promise.all([
      startSigstore(folder),
      startSigstore(folder),
      startTimestampAuthority(folder),
    ]);
    await using other = await startTimestampAuthority(folder);
    const statement = statementOn([digest], 'provenance', { buildDefinition: {}, runDetails: {} });
    const logged = await signStatement(statement, sigstore);
    sigstore.ahead = 2 * 24 * 3_600_000;
    const late = await signStatement(statement, sigstore);
    sigstore.ahead = 0;
    made = { logged, late, stamped: await signStatement(statement, sigstore, clock) };
    roots = {
      log: await sigstore.trustedRoot('log.json'),
      clock: await sigstore.trustedRoot('clock.json', clock.chain),
      'other clock': await sigstore.trustedRoot('other-clock.json', other.chain),
      stranger: await stranger.trustedRoot('stranger.json'),
      both: join(folder, 'both.jsonl'),
    };
    const lines = await Promise.all([roots.stranger, roots.log].map(path => readFile(path, 'utf8')));
    await writeFile(roots.both, `${lines.join('\n')}\n`);
    await writeFile(join(folder, 'hello'), program);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([sigstore, stranger, clock].map(one => one?.[Symbol.asyncDispose]()));
    await rm(folder, { recursive: true, force: true });
  });

  const required = async (given: SignerInputs) =>
    (await readRequirement({ 'require-attestation': 'keyless', ...given }, folder))!;

  const altered = (bundle: Buffer, alter: (json: Json) => void) => {
    const json = JSON.parse(bundle.toString('utf8')) as Json;
    alter(json);
    return Buffer.from(JSON.stringify(json));
  };
  const flipped = (base64: string) => {
    const bytes = Buffer.from(base64, 'base64');
    bytes[bytes.length - 1]! ^= 1;
    return bytes.toString('base64');
  };
  const entry = (json: Json) => json.verificationMaterial.tlogEntries[0]!;

  /** Whether cosign takes it for the same program, identity and root. */
  async function cosignAccepts(bundle: Buffer, given: SignerInputs, blob = program): Promise<boolean> {
    const [file, signed] = [join(folder, 'for-cosign.json'), join(folder, 'for-cosign')];
    await Promise.all([writeFile(file, bundle), writeFile(signed, blob)]);
    const {
      'trusted-root': root = '',
      'certificate-identity': subject = '',
      'certificate-oidc-issuer': by = '',
    } = given;
    const time = root.includes('clock') ? ['--use-signed-timestamps', '--insecure-ignore-tlog'] : [];
    const identified = ['--certificate-identity', subject, '--certificate-oidc-issuer', by];
    const type = ['--type', given['predicate-type'] === 'sbom' ? 'cyclonedx' : 'slsaprovenance1'];
    const argv = ['--bundle', file, '--trusted-root', root, '--insecure-ignore-sct', ...time, ...identified, ...type];
    const { code } = await run([lab['peer:cosign'], 'verify-blob-attestation', ...argv, signed], {
      env: { ...process.env, HOME: folder },
      timeout: 30_000,
      accept: [0, 1],
    });
    return code === 0;
  }

  test.each<[string, () => Buffer, () => SignerInputs]>([
    ['with an entry of the log', () => made.logged, () => ({ 'trusted-root': roots.log })],
    [
      'with a timestamp instead, as GitHub signs for private repositories',
      () => made.stamped,
      () => ({ 'trusted-root': roots.clock }),
    ],
  ])(
    '%s it counts, for cosign, too',
    async (_name, bundle, root) => {
      const given = { ...who, ...root() };
      expect(await judge(bundle(), digest, await required(given))).toEqual({
        attestedBy: `https://slsa.dev/provenance/v1 by ${identity} (issuer ${issuer})`,
      });
      expect(await cosignAccepts(bundle(), given)).toBe(true);
    },
    60_000,
  );

  test.each<[string, () => Buffer, () => SignerInputs, string]>([
    [
      'another identity',
      () => made.logged,
      () => ({ 'certificate-identity': `${identity}-2` }),
      `${identity} signed it, not ${identity}-2`,
    ],
    [
      'another issuer',
      () => made.logged,
      () => ({ 'certificate-oidc-issuer': 'https://accounts.example' }),
      `the issuer of ${identity} is ${issuer}, not https://accounts.example`,
    ],
    [
      'another type',
      () => made.logged,
      () => ({ 'predicate-type': 'sbom' }),
      'it is https://slsa.dev/provenance/v1, no sbom',
    ],
    [
      'an altered payload',
      () =>
        altered(made.logged, json => {
          json.dsseEnvelope.payload = statementOn([digest], 'provenance', { evil: true }).toString('base64');
        }),
      () => ({}),
      'the log’s entry is about another content or signature',
    ],
    [
      'an altered payload with a timestamp',
      () =>
        altered(made.stamped, json => {
          json.dsseEnvelope.payload = statementOn([digest], 'provenance', { evil: true }).toString('base64');
        }),
      () => ({ 'trusted-root': roots.clock }),
      'the signature is not of this content',
    ],
    [
      'an altered promise of the log',
      () =>
        altered(made.logged, json => {
          entry(json).inclusionPromise.signedEntryTimestamp = flipped(
            entry(json).inclusionPromise.signedEntryTimestamp,
          );
        }),
      () => ({}),
      'its entry in the transparency log does not hold',
    ],
    [
      'an altered proof of the log',
      () =>
        altered(made.logged, json => {
          entry(json).inclusionProof.hashes = [Buffer.alloc(32).toString('base64')];
        }),
      () => ({}),
      'its entry in the transparency log does not hold',
    ],
    [
      'an altered checkpoint of the log',
      () =>
        altered(made.logged, json => {
          const { checkpoint } = entry(json).inclusionProof;
          checkpoint.envelope = checkpoint.envelope.replace('Timestamp: ', 'Timestamp: 1');
        }),
      () => ({}),
      'its entry in the transparency log does not hold',
    ],
    [
      'no entry in the log',
      () =>
        altered(made.logged, json => {
          json.verificationMaterial.tlogEntries = [];
        }),
      () => ({}),
      'neither a log nor a timestamp says when it was signed',
    ],
    ['a timestamp, where the root has a log', () => made.stamped, () => ({}), 'its timestamp does not hold'],
    [
      'no timestamp',
      () =>
        altered(made.stamped, json => {
          json.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [] };
        }),
      () => ({ 'trusted-root': roots.clock }),
      'neither a log nor a timestamp says when it was signed',
    ],
    [
      'an altered timestamp',
      () =>
        altered(made.stamped, json => {
          const [stamp] = json.verificationMaterial.timestampVerificationData!.rfc3161Timestamps;
          stamp!.signedTimestamp = flipped(stamp!.signedTimestamp);
        }),
      () => ({ 'trusted-root': roots.clock }),
      'its timestamp does not hold',
    ],
    [
      'another clock’s timestamp',
      () => made.stamped,
      () => ({ 'trusted-root': roots['other clock'] }),
      'its timestamp does not hold',
    ],
    [
      'a certificate that had ended when it signed',
      () => made.late,
      () => ({}),
      'its certificate did not hold when it was signed',
    ],
    [
      'an authority of the same name',
      () => made.logged,
      () => ({ 'trusted-root': roots.stranger }),
      'its certificate did not hold when it was signed',
    ],
  ])(
    '%s is refused, by cosign, too',
    async (_name, bundle, more, said) => {
      const given = { ...who, 'trusted-root': roots.log, ...more() };
      const judged = await judge(bundle(), digest, await required(given));
      expect('why' in judged && judged.why).toContain(said);
      // It is refused for what was altered, and not because cosign cannot use it at all.
      expect(await cosignAccepts(bundle(), given)).toBe(false);
    },
    60_000,
  );

  test('another program than the one it is about is refused, by cosign, too', async () => {
    const given = { ...who, 'trusted-root': roots.log };
    expect(await judge(made.logged, `sha256:${sha256('other')}`, await required(given))).toEqual({
      why: 'it is about something else',
    });
    expect(await cosignAccepts(made.logged, given, 'other')).toBe(false);
  }, 60_000);

  test('a signature of the bytes counts, unless another type is asked for or the bytes are others', async () => {
    const signature = await signBlob(Buffer.from(program), sigstore);
    const given = { ...who, 'trusted-root': roots.log };
    const judged = async (more: SignerInputs, blob: string | undefined) =>
      judge(signature, digest, await required({ ...given, ...more }), blob === undefined ? blob : Buffer.from(blob));
    expect(await judged({}, program)).toEqual({ attestedBy: `signature by ${identity} (issuer ${issuer})` });
    expect(await judged({ 'predicate-type': 'provenance' }, program)).toEqual({
      why: 'it is a signature, no provenance',
    });
    expect(await judged({}, 'other')).toMatchObject({
      why: expect.stringContaining('the signature is not of this content'),
    });
    expect(await judged({}, undefined)).toEqual({ why: 'it holds no statement' });
  }, 30_000);

  test('a statement that poses as a signature of the bytes is judged as the statement that was signed', async () => {
    const about = statementOn([`sha256:${sha256('other')}`], 'provenance', {});
    const bundle = JSON.parse((await signStatement(about, sigstore)).toString('utf8')) as object;
    const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest: digest.slice(7) }, signature: 'AAAA' };
    const posing = Buffer.from(JSON.stringify({ ...bundle, messageSignature }));
    const judged = await judge(
      posing,
      digest,
      await required({ ...who, 'trusted-root': roots.log }),
      Buffer.from(program),
    );
    expect(judged).toMatchObject({ why: expect.any(String) });
  }, 30_000);

  test('of several roots the one counts that has its authority; that none has it is said', async () => {
    const both = await required({ 'source-repository': 'acme/hello', 'trusted-root': roots.both });
    // The stranger’s authority has the same name, and stands first.
    expect(await judge(made.logged, digest, both)).toMatchObject({ attestedBy: expect.stringContaining(identity) });
    const { timestampAuthorities, ...root } = JSON.parse(await readFile(roots.clock, 'utf8'));
    const elsewhere = { ...root, timestampAuthorities, certificateAuthorities: timestampAuthorities };
    const none = await required({ ...who, 'trusted-root': JSON.stringify(elsewhere) });
    expect(await judge(made.logged, digest, none)).toMatchObject({
      why: expect.stringContaining('O=test, CN=authority, whom no trusted root names'),
      hint: expect.stringContaining('gh attestation trusted-root'),
    });
  }, 30_000);

  test('the shorthand of GitHub: repository and workflow', async () => {
    const judged = async (given: SignerInputs) =>
      judge(made.logged, digest, await required({ ...given, 'trusted-root': roots.log }));
    const workflow = 'acme/hello/.github/workflows/release.yml';
    for (const good of [{ 'source-repository': 'acme/hello' }, { 'signer-workflow': `${workflow}@refs/heads/main` }])
      expect(await judged(good)).toMatchObject({ attestedBy: expect.stringContaining(identity) });
    for (const bad of [
      { 'source-repository': 'acme/other' },
      { 'signer-workflow': `${workflow}@refs/tags/v1` },
      { 'source-repository': 'acme/other', 'signer-workflow': workflow },
    ])
      expect(await judged(bad)).toMatchObject({ why: expect.stringContaining(`${identity} signed it`) });
  }, 30_000);

  test('beside a file: its error says who signed and what to do', async () => {
    const file = { path: join(folder, 'hello'), sha256: sha256(program) };
    await writeFile(join(folder, 'hello.sigstore.json'), made.logged);
    const given = { 'trusted-root': roots.log };
    expect(await fileMustBeAttested(file, await required({ ...who, ...given }))).toContain(identity);
    await expect(
      fileMustBeAttested(file, await required({ 'source-repository': 'acme/other', ...given })),
    ).rejects.toMatchObject({
      code: 'ATTESTATION_MISSING',
      message: expect.stringMatching(
        /has no attestation by a workflow of https:\/\/github\.com\/acme\/other \(.*\): hello\.sigstore\.json: https:\/\/github\.com\/acme\/hello\/.* signed it/,
      ),
      hint: expect.stringContaining('Nothing was changed.'),
    });
  }, 30_000);
});
