import { createHash, createHmac } from 'node:crypto';

export interface AwsKeys {
  readonly id: string;
  readonly secret: string;
  readonly session?: string;
}

export interface AwsRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * The headers that sign a request to AWS (Signature Version 4; "Create a signed AWS API request"). For paths and queries
 * that need no escaping: there are no others here.
 */
export function signed(request: AwsRequest, keys: AwsKeys, region: string, service: string, now: Date) {
  const { method, url, body } = request;
  const time = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const own = { 'x-amz-date': time, ...(keys.session === undefined ? {} : { 'x-amz-security-token': keys.session }) };
  const all = Object.entries({ ...request.headers, ...own, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = all.map(([name]) => name).join(';');
  const lines = all.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = [method, url.pathname, url.searchParams.toString(), lines, names, sha256(body)].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${keys.secret}`, day));
  const signature = hmac(key, toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...request.headers, ...own, authorization };
}
