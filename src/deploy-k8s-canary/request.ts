import { createHash } from 'node:crypto';
import { loadManifests } from './manifests.ts';
import type { Options } from './options.ts';

/** What was asked for, as far as it decides what is deployed and how it is judged. Whoever goes on must ask for the same. */
export interface Request {
  readonly image?: string;
  /** Hash of the objects. */
  readonly manifests?: string;
  /** Hash of the Jobs before the first step. */
  readonly before?: string;
  readonly strategy: string;
  readonly router: string;
  readonly route?: string;
  readonly steps: string;
  /** Absent: no requests are copied. */
  readonly mirror?: string;
  /** Absent: compared with the pods that serve. */
  readonly baseline?: 'fresh';
  /** Names of the checks, without credentials. */
  readonly probes: string;
  /** Names of the metrics, and a hash of all that they say. */
  readonly metrics?: string;
  readonly alpha: number;
  readonly beta: number;
  readonly tolerance: number;
  readonly 'warm-up': number;
  /** Digests by which a runtime may name the image. */
  readonly digests: readonly string[];
}

export async function requestOf(options: Options, namespace: string): Promise<Request> {
  const { image, manifests, strategy, router, route, steps, probes, alpha, beta, tolerance, digests } = options;
  const objects = await loadManifests(manifests, options.directory, namespace);
  const jobs = await loadManifests(options.before, options.directory, namespace);
  return {
    ...(image === undefined ? {} : { image }),
    ...(objects.length === 0 ? {} : { manifests: hashOf(objects) }),
    ...(jobs.length === 0 ? {} : { before: hashOf(jobs) }),
    strategy,
    router,
    ...(route === undefined ? {} : { route }),
    steps: options.auto ? 'auto' : steps.join(','),
    ...(options.mirror === undefined ? {} : { mirror: `${options.mirror.percent} %` }),
    ...(options.baseline === 'stable' ? {} : { baseline: options.baseline }),
    probes: probes.map(({ name }) => name).join(', '),
    ...(options.metrics.length === 0 ? {} : { metrics: metricsText(options) }),
    alpha,
    beta,
    tolerance,
    'warm-up': options['warm-up'],
    digests,
  };
}

function hashOf(objects: readonly object[]): string {
  return createHash('sha256').update(JSON.stringify(objects)).digest('hex').slice(0, 16);
}

function metricsText({ metrics, 'group-by': by }: Options): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([metrics, by]))
    .digest('hex');
  return `${metrics.map(({ name }) => name).join(', ')} (${hash.slice(0, 8)})`;
}

/**
 * Where a request is another one than that of the rollout: `image: B instead of A`. Image and manifests that are not given are
 * the rollout's own.
 */
export function differing(of: Request, asked: Request): string[] {
  const names = [
    'image',
    'manifests',
    'before',
    'strategy',
    'router',
    'route',
    'steps',
    'mirror',
    'baseline',
    'probes',
    'metrics',
    'alpha',
    'beta',
    'tolerance',
  ] as const;
  const own = ['image', 'manifests', 'before', 'route'];
  const defaults: Partial<Record<string, string>> = { baseline: 'stable' };
  return names.flatMap(name => {
    const [was, now] = [of, asked].map(one => one[name] ?? defaults[name]);
    if (was === now || (now === undefined && own.includes(name))) return [];
    return [
      name === 'manifests' || name === 'before'
        ? `${name}: others`
        : `${name}: ${now ?? 'none'} instead of ${was ?? 'none'}`,
    ];
  });
}
