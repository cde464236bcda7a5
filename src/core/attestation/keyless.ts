import { X509Certificate } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { ASN1Obj } from '@sigstore/core';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { messageOf } from '../errors.ts';
import { type Identity, otherIdentity, type Seen } from './identity.ts';
import type { Checked } from './signer.ts';
import { statementType } from './statement.ts';

/** https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const sourceRepository = '1.3.6.1.4.1.57264.1.12';

/**
 * Whether a bundle was signed by this identity, by one of these roots: its certificate's chain at the time of signing,
 * who says that time (a log's promise or a timestamp), the log's proof, the signature, and then whose certificate it is.
 * Loaded only when it is used: Sigstore's libraries are large.
 *
 * @param blob what was signed, where the bundle holds no statement
 */
export function checkKeyless(
  bytes: Buffer,
  blob: Buffer | undefined,
  identity: Identity,
  roots: readonly TrustedRoot[],
): Checked {
  const bundle = parse(bytes);
  if (bundle === undefined) return { why: 'it is no Sigstore bundle of version 0.1, 0.2 or 0.3' };
  const leaf = certificateOf(bundle);
  if (leaf === undefined) return { why: 'it was signed by a key, without a certificate' };
  const { content } = bundle;
  if (content.$case === 'messageSignature' && blob === undefined) return { why: 'it holds no statement' };
  if (content.$case === 'dsseEnvelope') {
    const { payloadType } = content.dsseEnvelope;
    if (payloadType !== statementType) return { why: `it holds ${payloadType}, no statement` };
  }
  const issuers = roots.filter(one => hasIssued(one, leaf));
  if (issuers.length === 0)
    return {
      why: `its certificate is by ${oneLine(leaf.issuer)}, whom no trusted root names (it says ${claim(leaf)})`,
      hint: 'If you trust that instance, give its root in trusted-root; GitHub’s own, for private repositories, is in what `gh attestation trusted-root` writes.',
    };
  const tries = issuers.map(root => verified(bundle, blob, root));
  const seen = tries.find(one => 'subject' in one) ?? tries[0]!;
  if ('why' in seen) return { why: `${seen.why} (its certificate says ${claim(leaf)})` };
  const other = otherIdentity(identity, seen);
  if (other !== undefined) return { why: other };
  const statement = content.$case === 'dsseEnvelope' ? content.dsseEnvelope.payload : undefined;
  return { by: `${seen.subject} (issuer ${seen.issuer})`, statement };
}

function verified(bundle: Bundle, blob: Buffer | undefined, root: TrustedRoot): Seen | { why: string } {
  // What an instance has, its signatures must show: a log's entry, and a log of certificates. GitHub's own has neither.
  const verifier = new Verifier(toTrustMaterial(root), {
    tlogThreshold: Math.min(1, root.tlogs.length),
    ctlogThreshold: Math.min(1, root.ctlogs.length),
    timestampThreshold: 1,
  });
  try {
    const { identity } = verifier.verify(toSignedEntity(bundle, blob));
    return {
      subject: identity?.subjectAlternativeName,
      issuer: identity?.extensions?.issuer,
      source: identity?.oids
        ?.filter(one => one.oid?.id.join('.') === sourceRepository)
        .map(one => ASN1Obj.parseBuffer(Buffer.from(one.value)).value.toString('utf8'))[0],
    };
  } catch (error) {
    return { why: reasonOf(error, bundle) };
  }
}

/** The library's reason in words for whoever does not know Sigstore, and its own behind them. */
function reasonOf(error: unknown, { verificationMaterial: { tlogEntries } }: Bundle): string {
  const code = (error as { code?: string }).code ?? '';
  const text = messageOf(error);
  if (code === 'TIMESTAMP_ERROR' && text.startsWith('expected'))
    return 'neither a log nor a timestamp says when it was signed';
  if (code === 'TLOG_ERROR' && tlogEntries.length === 0) return 'it has no entry in the transparency log';
  const [, words = 'it does not hold'] = reasons.find(([pattern]) => pattern.test(code)) ?? [];
  return `${words}: ${text}`;
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/^TIMESTAMP/, 'its timestamp does not hold'],
  [/^CERTIFICATE/, 'its certificate did not hold when it was signed'],
  [/^TLOG_BODY/, 'the log’s entry is about another content or signature'],
  [/^TLOG/, 'its entry in the transparency log does not hold'],
  [/^SIGNATURE/, 'the signature is not of this content'],
];

function parse(bytes: Buffer): Bundle | undefined {
  try {
    return bundleFromJSON(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}

function certificateOf({ verificationMaterial: { content } }: Bundle): X509Certificate | undefined {
  if (content.$case === 'publicKey') return undefined;
  const { rawBytes } =
    content.$case === 'certificate' ? content.certificate : content.x509CertificateChain.certificates[0]!;
  try {
    return new X509Certificate(rawBytes);
  } catch {
    return undefined;
  }
}

/** Whether a root names the authority of a certificate; that it really issued it is shown later. */
function hasIssued(root: TrustedRoot, leaf: X509Certificate): boolean {
  return root.certificateAuthorities.some(({ certChain }) =>
    certChain?.certificates.some(({ rawBytes }) => new X509Certificate(rawBytes).subject === leaf.issuer),
  );
}

/** Who a certificate is said to be of, while that is not proven. */
function claim({ subjectAltName, validFrom, validTo }: X509Certificate): string {
  return `${subjectAltName?.replaceAll('URI:', '') ?? 'nobody'}, ${validFrom} to ${validTo}`;
}

function oneLine(name: string): string {
  return name.split('\n').join(', ');
}
