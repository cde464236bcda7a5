import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { run } from '../../src/core/process.ts';

export interface Pair {
  /** Paths of PEM files. */
  readonly key: string;
  readonly certificate: string;
}

export interface Authority extends Pair {
  /** A certificate for a host, valid between two times. */
  sign(name: string, host: string, from: Date, to: Date): Promise<Pair>;
}

/** An authority of the test's own; what it signs is trusted with NODE_EXTRA_CA_CERTS=`certificate`. */
export async function makeAuthority(folder: string): Promise<Authority> {
  const authority = await selfSigned(folder, 'authority', 'Test Authority');
  await writeFile(join(folder, 'index.txt'), '');
  await writeFile(join(folder, 'serial'), '01\n');
  await writeFile(
    join(folder, 'ca.cnf'),
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${folder}/index.txt\nnew_certs_dir=${folder}\nserial=${folder}/serial\ndefault_md=sha256\npolicy=any\ncopy_extensions=copy\nunique_subject=no\n[any]\ncommonName=supplied\n`,
  );
  async function sign(name: string, host: string, from: Date, to: Date): Promise<Pair> {
    const [key, request, certificate] = ['key', 'csr', 'pem'].map(end => join(folder, `${name}.${end}`));
    const subject = ['-subj', `/CN=${host}`, '-addext', subjectOf(host)];
    await openssl('req', '-new', ...newKey(key!), ...subject, '-out', request!);
    const times = ['-startdate', asn1(from), '-enddate', asn1(to)];
    const by = ['-config', join(folder, 'ca.cnf'), '-cert', authority.certificate, '-keyfile', authority.key];
    await openssl('ca', '-batch', '-notext', ...by, ...times, '-in', request!, '-out', certificate!);
    return { key: key!, certificate: certificate! };
  }
  return { ...authority, sign };
}

export async function selfSigned(folder: string, name: string, host: string): Promise<Pair> {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const names = host.includes(' ') ? [] : ['-addext', subjectOf(host)];
  await openssl('req', '-x509', ...newKey(key), '-days', '2', '-subj', `/CN=${host}`, ...names, '-out', certificate);
  return { key, certificate };
}

/** The name that a client compares: a host's or an address. */
function subjectOf(host: string): string {
  return `subjectAltName=${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`;
}

function newKey(path: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path];
}

async function openssl(...args: string[]): Promise<void> {
  await run(['openssl', ...args], { timeout: 30_000 });
}

function asn1(date: Date): string {
  return `${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
}
