// The little that the lab itself asks of the API server; a request costs milliseconds, a kubectl process a hundred.
import { existsSync, readFileSync } from 'node:fs';
import https from 'node:https';
import { waitUntil } from '../process.mjs';
import { daemonName, server } from './layout.mjs';
import { pkiPath } from './pki.mjs';

/**
 * One request as admin. Resolves with { status, body } (body is text), also for statuses of failure;
 * rejects when there is no answer within `timeout` ms.
 */
export function request(path, { method = 'GET', body, type = 'application/json', timeout = 10_000 } = {}) {
  const tls = {
    ca: readFileSync(pkiPath('ca.crt')),
    cert: readFileSync(pkiPath('admin.crt')),
    key: readFileSync(pkiPath('admin.key')),
  };
  return new Promise((resolve, reject) => {
    const sent = https.request(`${server()}${path}`, {
      ...tls,
      method,
      agent: false,
      headers: body === undefined ? {} : { 'content-type': type },
      signal: AbortSignal.timeout(timeout),
    });
    sent.on('error', reject);
    sent.on('response', response => {
      let text = '';
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body: text }));
      response.on('error', reject);
    });
    sent.end(body);
  });
}

/** Server-side apply of one object, given as YAML or JSON text. Throws with what the API server said. */
export async function apply(path, text) {
  const { status, body } = await request(`${path}?fieldManager=slipway-lab&force=true`, {
    method: 'PATCH',
    type: 'application/apply-patch+yaml',
    body: text,
    timeout: 30_000,
  });
  if (status >= 300) throw new Error(`applying ${path}: the API server answered ${status}: ${body.slice(0, 500)}`);
}

/** The object at `path`, or undefined while there is none or no answer. */
export async function read(path) {
  try {
    const { status, body } = await request(path, { timeout: 2_000 });
    return status === 200 ? JSON.parse(body) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the API server says that it is ready. */
export async function apiReady() {
  if (!existsSync(pkiPath('admin.key'))) return false;
  try {
    return (await request('/readyz', { timeout: 2_000 })).status === 200;
  } catch {
    return false;
  }
}

/** Waits for apiReady(); its daemon's death ends the wait. */
export const waitForApi = () =>
  waitUntil('waiting for the API server', 90_000, apiReady, { daemon: daemonName('kube-apiserver'), interval: 100 });
