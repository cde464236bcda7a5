import { type Found, matches } from './found.ts';
import type { GoFile } from './programs.ts';

/** Paths that say whether requests are taken come before those that only say that the program lives. */
const order = [
  'readyz',
  'ready',
  'readiness',
  '-/ready',
  'healthz',
  'health',
  'healthcheck',
  '-/healthy',
  '_health',
  'status',
  'livez',
  'live',
  'liveness',
  'ping',
];

/** Routes of net/http, gorilla, chi, gin, echo and fiber: `mux.HandleFunc("GET /healthz", …)`, `r.GET("/ping", …)`, `case "/healthz":`. */
const route =
  /(?:\.(?:Handle(?:Func)?|Get|GET|Head|HEAD|Any|Match|Method|MethodFunc|Path|All|Add)\(\s*(?:"(?:GET|HEAD)"\s*,\s*|http\.MethodGet\s*,\s*)?|\bcase\s+)"(?:GET |HEAD )?(\/[\w./-]*)"/g;

/** Routes of a program that tell its health, the most telling first; after them its root, where it has one. */
export function healthPaths(sources: readonly GoFile[]): Found[] {
  const routes = sources.flatMap(({ file, code }) =>
    matches(file, code, route).map(({ value, at }) => ({ value: value[1]!, at })),
  );
  return routes
    .filter(({ value }) => rank(value) <= order.length)
    .sort((a, b) => rank(a.value) - rank(b.value))
    .filter(({ value }, index, all) => all.findIndex(one => one.value === value) === index);
}

function rank(path: string): number {
  if (path === '/') return order.length;
  const at = order.findIndex(name => path === `/${name}` || path.endsWith(`/${name}`));
  return at === -1 ? order.length + 1 : at;
}

/** The gRPC health service, where the program registers it. */
export function grpcHealth(sources: readonly GoFile[]): Found<true> | undefined {
  const [found] = sources.flatMap(({ file, code }) => matches(file, code, /\bRegisterHealthServer\(/g));
  return found === undefined ? undefined : { value: true, at: found.at };
}
