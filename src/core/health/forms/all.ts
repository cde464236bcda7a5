import type { Form } from './form.ts';
import { http } from './http.ts';
import { grpc, tcp, tls } from './network.ts';
import { command, container, dns, unit, workload } from './places.ts';
import { image, prometheus } from './remote.ts';

/** What is reached by host and port. */
export const networkForms: readonly Form[] = [http, tcp, tls, grpc];

export const allForms: readonly Form[] = [...networkForms, dns, unit, workload, container, prometheus, image, command];
