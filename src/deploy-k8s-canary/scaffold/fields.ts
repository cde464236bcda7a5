import { SlipwayError } from '../../core/errors.ts';
import { parseQuantity } from '../../core/kubernetes/quantity.ts';
import { exposures, type Range, type Settings } from './settings.ts';

/** The settings, before it is known whether something was wrong. */
export type Fields = Omit<Settings, 'name'> & { readonly name: string | undefined };

type Read = <T>(key: string, how: (text: string) => T) => T | undefined;

/** Each key for itself, with its default; `read` notes what is wrong with one. */
export function readFields(read: Read): Fields {
  const health = read('health', path);
  return {
    name: read('name', serviceName),
    port: read('port', port) ?? 8080,
    expose: read('expose', exposure) ?? 'cluster-ip',
    nodePort: read('node-port', nodePort),
    host: read('host', hostName),
    ingressClass: read('ingress-class', dnsName),
    gateway: read('gateway', gateway),
    health,
    ready: read('ready', path) ?? health,
    metrics: read('metrics', metrics),
    replicas: read('replicas', replicas) ?? { least: 2, most: 6 },
    cpu: read('cpu', cpu) ?? { request: '100m', limit: '1' },
    memory: read('memory', memory) ?? { request: '64Mi', limit: '128Mi' },
    allowFrom: read('allow-from', peers) ?? [],
    allowTo: read('allow-to', peers) ?? [],
    directory: read('directory', text => text) ?? 'deploy',
  };
}

/** `NAME-baseline` of a rollout has to be the name of a Service, too. */
const longestName = 63 - '-baseline'.length;

function serviceName(text: string): string {
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text) && text.length <= longestName) return text;
  throw wrong(`no name of a Service: a-z, 0-9 and -, beginning with a letter, at most ${longestName} characters`);
}

function dnsName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw wrong('no DNS label: a-z, 0-9 and - inside, at most 63 characters');
}

function hostName(text: string): string {
  const labels = text.replace(/^\*\./, '').split('.');
  if (text.length <= 253 && labels.every(label => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(label))) return text;
  throw wrong('no host name: lower case, without scheme, port or path, such as hello.example.com');
}

function gateway(text: string): Settings['gateway'] {
  const [name, namespace, ...rest] = text.split('/').reverse();
  if (rest.length > 0) throw wrong('neither NAME nor NAMESPACE/NAME');
  return { name: dnsName(name!), namespace: namespace === undefined ? undefined : dnsName(namespace) };
}

function exposure(text: string): Settings['expose'] {
  const found = exposures.find(one => one === text);
  if (found === undefined) throw wrong(`none of ${exposures.join(', ')}`);
  return found;
}

const port = (text: string) => whole(text, 1, 65_535, 'no port, 1 to 65535');
/** https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport */
const nodePort = (text: string) => whole(text, 1, 65_535, 'no port; clusters mostly take 30000 to 32767');

function whole(text: string, least: number, most: number, why: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) throw wrong(why);
  return value;
}

function path(text: string): string {
  if (/^\/[\w\-./~%?=&:@+,;!$'()*]*$/.test(text)) return text;
  throw wrong('no path such as /healthz');
}

function metrics(text: string): Settings['metrics'] {
  const [, own, rest] = /^(?::(\d+))?(\/.*)$/.exec(text) ?? [];
  if (rest === undefined) throw wrong('neither /PATH nor :PORT/PATH');
  return { path: path(rest), port: own === undefined ? undefined : port(own) };
}

function replicas(text: string): Settings['replicas'] {
  const [, least, most = least] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const range = { least: Number(least), most: Number(most) };
  if (least === undefined || range.least < 1 || range.most < range.least)
    throw wrong('neither a number nor a range such as 2-6');
  return range;
}

function cpu(text: string): Range {
  const range = quantities(text, '100m-1');
  if (parseQuantity(range.request) < 0.001) throw wrong('less than 1m');
  return range;
}

const leastMemory = 4 * 1024 ** 2;

function memory(text: string): Range {
  const range = quantities(text, '64Mi-128Mi');
  if (parseQuantity(range.request) < leastMemory)
    throw wrong(`${range.request} is less than 4Mi: write the unit, such as 64Mi`);
  return range;
}

function quantities(text: string, example: string): Range {
  const [request, limit = request, ...rest] = text.split('-');
  if (rest.length > 0 || request === undefined || limit === undefined)
    throw wrong(`not REQUEST-LIMIT, such as ${example}`);
  if (parseQuantity(request) > parseQuantity(limit)) throw wrong(`the request is above the limit; write ${example}`);
  return { request, limit };
}

function peers(text: string): string[] {
  const items = text.split(/[\s,]+/).filter(item => item !== '');
  for (const item of items) if (!isNetwork(item)) dnsName(item);
  return items;
}

const network = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:3[0-2]|[12]?\d)$/;

/** `10.0.0.0/8` or `fd00::/8`, and not the name of a namespace. */
export function isNetwork(item: string): boolean {
  return (
    network.test(item) ||
    (/^[0-9a-f:]+:[0-9a-f:]*\/\d{1,3}$/.test(item) && URL.canParse(`http://[${item.split('/')[0]}]/`))
  );
}

function wrong(why: string): SlipwayError {
  return new SlipwayError('SCAFFOLD_INVALID', why);
}
