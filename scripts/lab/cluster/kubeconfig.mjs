// kubeconfig files, with the certificates inside: they can be copied anywhere.
import { readFileSync } from 'node:fs';
import { writeJson } from './files.mjs';
import { clusterDir, NAME, server, userName } from './layout.mjs';
import { pkiPath } from './pki.mjs';

/** The path of a component's kubeconfig; "admin" is the one for users. */
export const kubeconfigPath = name => clusterDir('kubeconfig', name);

/** Writes the kubeconfig of every component, mode 0600. */
export function writeKubeconfigs() {
  const data = file => readFileSync(pkiPath(file)).toString('base64');
  for (const name of ['admin', 'controller-manager', 'scheduler', 'proxy', 'kubelet', 'gateway']) {
    writeJson(kubeconfigPath(name), {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: NAME, cluster: { server: server(), 'certificate-authority-data': data('ca.crt') } }],
      users: [
        {
          name: userName(name),
          user: { 'client-certificate-data': data(`${name}.crt`), 'client-key-data': data(`${name}.key`) },
        },
      ],
      contexts: [{ name: NAME, context: { cluster: NAME, user: userName(name), namespace: 'default' } }],
      'current-context': NAME,
    });
  }
}
