// The Gateway API and Traefik's own resources with a data plane that honours weights: Traefik, on the node's address.
// Of Istio there are only the definitions: what is written to them is checked by the API server, and no traffic follows.
import { startDaemon, waitUntil } from '../process.mjs';
import { apply, read } from './api.mjs';
import { definitions } from './crds.mjs';
import { kubeconfigPath } from './kubeconfig.mjs';
import { daemonName, gatewayAddress, NETNS, nodeAddress } from './layout.mjs';

const PING_PORT = 8001;
const CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CLASS = '/apis/gateway.networking.k8s.io/v1/gatewayclasses/traefik';

/** Makes sure of the definitions, of the GatewayClass "traefik" and of Traefik itself; waits until it serves. */
export async function startGateway(programs) {
  await install();
  await startDaemon(daemonName('traefik'), argv(programs), {
    netns: NETNS,
    env: { KUBECONFIG: kubeconfigPath('gateway') },
  });
  await waitUntil(
    'waiting for the Gateway API data plane',
    30_000,
    async () => (await answers()) && (await accepted()),
    { daemon: daemonName('traefik'), interval: 100 },
  );
}

async function install() {
  const all = await definitions();
  const missing = await filtered(all, async ({ name }) => !(await established(name)));
  await Promise.all(missing.map(({ name, yaml }) => apply(`${CRD}/${name}`, yaml)));
  await waitUntil(
    'waiting for the custom resource definitions to be established',
    30_000,
    async () => (await filtered(missing, async ({ name }) => !(await established(name)))).length === 0,
    { interval: 100 },
  );
  if (await read(CLASS)) return;
  await apply(
    CLASS,
    JSON.stringify({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'traefik' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    }),
  );
}

async function established(name) {
  const conditions = (await read(`${CRD}/${name}`))?.status?.conditions ?? [];
  return conditions.some(one => one.type === 'Established' && one.status === 'True');
}

async function filtered(list, test) {
  const kept = await Promise.all(list.map(test));
  return list.filter((_, index) => kept[index]);
}

const argv = programs => [
  programs.traefik,
  '--log.level=INFO',
  '--global.checknewversion=false',
  '--global.sendanonymoususage=false',
  `--entrypoints.web.address=:${gatewayAddress().split(':')[1]}`,
  '--providers.kubernetescrd=true',
  '--providers.kubernetesgateway=true',
  `--providers.kubernetesgateway.statusaddress.ip=${nodeAddress()}`,
  // A changed weight is in force within a moment instead of two seconds.
  '--providers.providersthrottleduration=100ms',
  `--entrypoints.traefik.address=:${PING_PORT}`,
  '--ping=true',
];

async function answers() {
  try {
    const url = `http://${nodeAddress()}:${PING_PORT}/ping`;
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

async function accepted() {
  const conditions = (await read(CLASS))?.status?.conditions ?? [];
  return conditions.some(one => one.type === 'Accepted' && one.status === 'True');
}
