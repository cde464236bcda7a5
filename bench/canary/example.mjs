// The example behind one router, with its image deployed, ready for the next release.
import { exampleManifests } from '../../__tests__/integration/deploy-k8s-canary.ts';
import { makeCanaryStage } from './stage.mjs';

const host = 'bench.slipway.test';
const nodePorts = { service: 30491, gateway: 30492 };
/** @returns { stage, url, host, image, deploy(image, inputs, more), settle(), end() } */
export async function makeExample({ dist, router, replicas, versions, progress }) {
  const stage = await makeCanaryStage({ dist, namespace: `slipway-bench-${router}`, progress });
  const { cluster } = stage.lab;
  const url =
    router === 'gateway' ? `http://${cluster.gateway}/` : `http://${cluster.nodeAddress}:${nodePorts[router]}/`;
  const { deployment, service, gateway, httproute } = await exampleManifests(nodePorts[router], host);
  const manifests = {
    'deployment.yaml': deployment.replace('replicas: 2', `replicas: ${replicas}`),
    'service.yaml': service,
    ...(router === 'gateway' && { 'gateway.yaml': gateway, 'httproute.yaml': httproute }),
  };
  const inputs = {
    manifests: '*.yaml',
    workload: 'hello',
    router,
    probes: `- url: ${url}\n  headers: {host: ${host}}\n  status: 200`,
  };
  const image = await stage.images({ v1: ['v1'], ...versions });
  const deploy = (of, more = {}, options = {}) =>
    stage.act({ ...inputs, ...(of && { image: of }), ...more }, manifests, options);
  const settle = async () => {
    const { code, log } = await deploy(image.v1, { strategy: 'rolling', probes: '' });
    if (code !== 0) throw new Error(`the example does not run: ${log.slice(-2000)}`);
  };
  await stage.fresh();
  await settle();
  return {
    stage,
    router,
    url,
    host: router === 'gateway' ? host : undefined,
    image,
    deploy,
    settle,
    end: () => stage.end(),
  };
}
