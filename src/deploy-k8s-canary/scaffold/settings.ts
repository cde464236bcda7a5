import { messageOf, SlipwayError } from '../../core/errors.ts';
import { didYouMean } from '../../core/suggest.ts';
import { yaml } from '../../core/values.ts';
import { type Fields, readFields } from './fields.ts';

export const exposures = ['cluster-ip', 'node-port', 'load-balancer', 'ingress', 'route'] as const;

/** From a request to a limit: `100m-1`, as Kubernetes writes quantities. */
export interface Range {
  readonly request: string;
  readonly limit: string;
}

/** What manifests are written for. */
export interface Settings {
  readonly name: string;
  readonly port: number;
  readonly expose: (typeof exposures)[number];
  readonly nodePort: number | undefined;
  readonly host: string | undefined;
  readonly ingressClass: string | undefined;
  readonly gateway: { readonly name: string; readonly namespace: string | undefined } | undefined;
  /** Path asked by the startup and liveness probes; without one the port is only connected to. */
  readonly health: string | undefined;
  readonly ready: string | undefined;
  readonly metrics: { readonly path: string; readonly port: number | undefined } | undefined;
  /** `least` to `most` by an autoscaler; a fixed number where they are the same. */
  readonly replicas: { readonly least: number; readonly most: number };
  readonly cpu: Range;
  readonly memory: Range;
  /** Namespaces, and networks such as 10.0.0.0/8. */
  readonly allowFrom: readonly string[];
  readonly allowTo: readonly string[];
  /** Where manifests are written, relative to the working directory. */
  readonly directory: string;
}

/** What a map of settings may have. */
export const keys = [
  ...['name', 'port', 'expose', 'node-port', 'host', 'ingress-class', 'gateway', 'health', 'ready', 'metrics'],
  ...['replicas', 'cpu', 'memory', 'allow-from', 'allow-to', 'directory'],
];

const one = { type: ['string', 'number'] };
const several = { oneOf: [one, { type: 'array', items: one }] };
const schema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(keys.map(key => [key, key.startsWith('allow-') ? several : one])),
    expose: { enum: exposures },
  },
};

/** The input's value. */
export const scaffold = yaml('a map such as {name: hello, port: 8080, expose: ingress}', schema, readSettings);

/** Says all that is wrong at once. */
export function readSettings(data: unknown): Settings {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new SlipwayError('SCAFFOLD_INVALID', 'scaffold is not a map', { hint });
  const given = data as Record<string, unknown>;
  const problems: string[] = [];
  for (const key of Object.keys(given))
    if (!keys.includes(key)) problems.push(`${key} is not known${didYouMean(key, keys)}`);
  const read = <T>(key: string, how: (text: string) => T): T | undefined => {
    const value = given[key];
    if (value === undefined || value === null || value === '') return undefined;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    try {
      return how(text);
    } catch (error) {
      problems.push(`${key} "${text}": ${messageOf(error)}`);
      return undefined;
    }
  };
  const fields = readFields(read);
  if (fields.name === undefined && !problems.some(problem => problem.startsWith('name ')))
    problems.unshift('name is missing: what the service is called');
  problems.push(...together(fields));
  if (problems.length > 0) throw new SlipwayError('SCAFFOLD_INVALID', `scaffold: ${problems.join('; ')}`, { hint });
  return { ...fields, name: fields.name! };
}

const hint =
  'Nothing was written. Keys and examples: README of deploy-k8s-canary, “Manifests for those who have none”.';

/** What is wrong with keys that are right each for itself. */
function together({ expose, host, gateway, nodePort, ingressClass, port, metrics }: Fields): string[] {
  const only = (key: string, value: unknown, kind: string) =>
    value !== undefined && expose !== kind ? [`${key} is given, but expose is ${expose}, not ${kind}`] : [];
  return [
    ...only('gateway', gateway, 'route'),
    ...only('node-port', nodePort, 'node-port'),
    ...only('ingress-class', ingressClass, 'ingress'),
    ...(host !== undefined && expose !== 'ingress' && expose !== 'route'
      ? [`host is given, but expose is ${expose}, which has no host names`]
      : []),
    ...((expose === 'ingress' || expose === 'route') && host === undefined
      ? [`host is missing: expose ${expose} needs the name that users open, such as hello.example.com`]
      : []),
    ...(expose === 'route' && gateway === undefined
      ? ['gateway is missing: expose route needs the Gateway that it attaches to, NAME or NAMESPACE/NAME']
      : []),
    ...(metrics?.port === port ? [`metrics: ${port} is the service’s own port, leave it out`] : []),
  ];
}
