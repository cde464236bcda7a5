// The Gateway API with a data plane that honours weights: Traefik, on the node's address.
import { startDaemon, waitUntil } from '../process.mjs';
import { apply, read } from './api.mjs';
import { gatewayDefinitions } from './crds.mjs';
import { kubeconfigPath } from './kubeconfig.mjs';
import { gatewayAddress, NETNS, nodeAddress } from './layout.mjs';

const PING_PORT = 8001;
const CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CLASS = '/apis/gateway.networking.k8s.io/v1/gatewayclasses/traefik';

/** Makes sure of the definitions, of the GatewayClass "traefik" and of Traefik itself; waits until it serves. */
export async function startGateway(programs) {
  if (!(await read(CLASS))) await install();
  await startDaemon('cluster-traefik', argv(programs), {
    netns: NETNS,
    env: { KUBECONFIG: kubeconfigPath('gateway') },
  });
  await waitUntil(
    'waiting for the Gateway API data plane',
    30_000,
    async () => (await answers()) && (await accepted()),
    { daemon: 'cluster-traefik', interval: 100 },
  );
}

async function install() {
  const definitions = await gatewayDefinitions();
  await Promise.all(definitions.map(({ name, yaml }) => apply(`${CRD}/${name}`, yaml)));
  await waitUntil(
    'waiting for the Gateway API to be established',
    30_000,
    async () => {
      const crds = await Promise.all(definitions.map(({ name }) => read(`${CRD}/${name}`)));
      return crds.every(crd =>
        crd?.status?.conditions?.some(one => one.type === 'Established' && one.status === 'True'),
      );
    },
    { interval: 100 },
  );
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

const argv = programs => [
  programs.traefik,
  '--log.level=INFO',
  '--global.checknewversion=false',
  '--global.sendanonymoususage=false',
  `--entrypoints.web.address=:${gatewayAddress().split(':')[1]}`,
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
