// The cluster's certificates: one authority, a certificate for each component. Made once per cluster; they last ten
// years, so that a kept cluster never stops for them.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.mjs';
import { clusterDir, NAME, NODE, nodeAddress, SERVICE_IP } from './layout.mjs';

const CONFIG = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign,digitalSignature
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
`;

/** The path of a file of the PKI: "ca.crt", "admin.key" … */
export const pkiPath = file => clusterDir('pki', file);

// Groups and names are what Kubernetes' own roles are bound to.
const certificates = () => ({
  apiserver: {
    subject: '/CN=kube-apiserver',
    names: [
      'DNS:localhost',
      ...['', '.default', '.default.svc', '.default.svc.cluster.local'].map(suffix => `DNS:kubernetes${suffix}`),
      ...['127.0.0.1', SERVICE_IP, nodeAddress()].map(address => `IP:${address}`),
    ],
  },
  'apiserver-kubelet-client': { subject: '/O=system:masters/CN=kube-apiserver-kubelet-client' },
  admin: { subject: '/O=system:masters/CN=admin' },
  'controller-manager': { subject: '/CN=system:kube-controller-manager' },
  scheduler: { subject: '/CN=system:kube-scheduler' },
  proxy: { subject: '/CN=system:kube-proxy' },
  gateway: { subject: '/O=system:masters/CN=gateway' },
  kubelet: { subject: `/O=system:nodes/CN=system:node:${NODE}`, names: [`DNS:${NODE}`, `IP:${nodeAddress()}`] },
});

/** Makes the PKI unless it is there; whole or not at all. */
export async function ensurePki() {
  if (existsSync(pkiPath('.'))) return;
  const part = clusterDir('pki.part');
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  writeFileSync(join(part, 'openssl.cnf'), CONFIG);
  const openssl = (...args) => run(['openssl', ...args], { cwd: part, timeout: 30_000 });
  const request = (name, section, subject, ...args) =>
    openssl(
      ...['req', '-x509', '-config', 'openssl.cnf', '-extensions', section, '-days', '3650', '-subj', subject],
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'],
      ...['-keyout', `${name}.key`, '-out', `${name}.crt`, ...args],
    );
  await request('ca', 'authority', `/CN=${NAME}`);
  await Promise.all(
    Object.entries(certificates()).map(([name, { subject, names = [] }]) =>
      request(
        ...[name, 'leaf', subject, '-CA', 'ca.crt', '-CAkey', 'ca.key'],
        ...(names.length > 0 ? ['-addext', `subjectAltName=${names.join(',')}`] : []),
      ),
    ),
  );
  // Service account tokens are signed with a key of their own.
  await openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'sa.key');
  await openssl('pkey', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
  renameSync(part, pkiPath('.'));
}
