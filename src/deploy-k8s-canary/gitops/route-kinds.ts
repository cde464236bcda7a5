import { httpRoute } from '../routers/gateway.ts';
import { virtualService } from '../routers/istio.ts';
import { ingressRoute, traefikService } from '../routers/traefik.ts';

/** Every kind whose weights are written. */
export const routeKinds = [httpRoute, ingressRoute, traefikService, virtualService];
