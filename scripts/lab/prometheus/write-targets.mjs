// Writes the pods that want to be scraped into a file for Prometheus, again and again: node write-targets.mjs FILE [NAMESPACE]
// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config
import { setTimeout as sleep } from 'node:timers/promises';
import { read } from '../cluster/api.mjs';
import { writeJson } from '../cluster/files.mjs';

const [file, namespace = ''] = process.argv.slice(2);
const path = namespace === '' ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`;
const EVERY = 300;

for (;;) {
  const pods = await read(path);
  // while the API server is away, those that were there are scraped on
  if (pods !== undefined) writeJson(file, pods.items.filter(isScraped).map(targetOf));
  await sleep(EVERY);
}

function isScraped({ metadata, status }) {
  const wanted = metadata.annotations?.['prometheus.io/scrape'] === 'true';
  return wanted && status.podIP !== undefined && status.phase === 'Running';
}

function targetOf({ metadata, status }) {
  const port = metadata.annotations['prometheus.io/port'] ?? '8080';
  return { targets: [`${status.podIP}:${port}`], labels: { namespace: metadata.namespace, pod: metadata.name } };
}
