/** Why an attempt failed: stable codes for the record, for scripts and for tests. */
export const reasons = [
  'dns', // the name has no address
  'refused', // nobody listens
  'unreachable', // no route, or the local end failed
  'timeout', // the attempt's time was up
  'tls', // handshake or certificate
  'reset', // closed or reset before the answer was whole
  'protocol', // not HTTP, or headers too large
  'redirect', // a loop, too many, or one that cannot be followed
  'private', // a private address where those are forbidden
  'status', // another status than expected
  'body', // the body lacks what it must hold, or is too large to tell
  'json', // not JSON, or another value at a path
  'other-release', // a good answer, of another release
  'slow', // a good answer, but later than `within`
  'header', // a header is missing, or is another than expected
  'answer', // a TCP server or a name server says something else
  'proxy', // the proxy does not let it through
  'not-serving', // gRPC: the service says so, or is not known
  'unit', // systemd: another state, or restarted too often
  'workload', // Kubernetes: not rolled out, pods not ready or restarted, no endpoints
  'container', // not running, not healthy, restarted too often, another image
  'query', // Prometheus: a sample beyond its limit
  'no-data', // Prometheus: no sample
  'image', // the tag is another image, or a platform is missing
  'attestation', // a statement is missing, or not signed by the key
  'exit', // a command ended with another code
  'output', // a command printed something else
  'replaced', // good, but another process, container or pods than before
  'no-access', // it may not be looked at: a key, a right or a program is missing
] as const;
export type Reason = (typeof reasons)[number];

/** Milliseconds of each phase that was reached; of several addresses and redirects, those of the last one. */
export interface Phases {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  /** From the request's last byte to the answer's first. */
  readonly firstByte?: number;
  readonly body?: number;
}

/** One address that was tried. */
export interface AddressTried {
  /** Without brackets. */
  readonly address: string;
  readonly family: 4 | 6;
  /** Undefined where the connection was made (or another address was faster). */
  readonly error?: string;
}

/** The certificate that a server showed, also when it was refused. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  /** The names that it is valid for. */
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly fingerprint256: string;
  readonly protocol: string;
}

/** What one attempt saw. */
export interface Observation {
  readonly ok: boolean;
  /** Present when not ok. */
  readonly reason?: Reason;
  /** One line for a person: what was seen, and of what. Never a secret of the check. */
  readonly detail: string;
  /** Whether another attempt may see something else without anybody doing anything. */
  readonly retriable: boolean;
  readonly status?: number;
  /** Begin of the attempt, milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds from the begin of the attempt to its end; monotonic. */
  readonly ms: number;
  readonly phases: Phases;
  readonly addresses: readonly AddressTried[];
  /** The phase that an unfinished attempt was in. */
  readonly phase?: keyof Phases;
  readonly certificate?: Certificate;
  /** The other certificates of the chain, from the server's towards the root. */
  readonly chain?: readonly Certificate[];
  /** What must stay the same from one success to the next: a process, a container, pods. */
  readonly anchor?: string;
  /** URLs that were redirected to, in order. */
  readonly redirects: readonly string[];
  /** The first bytes of the body as text, at most 1 KiB; control characters are replaced. */
  readonly bodyHead?: string;
}

/** An attempt's failure; thrown inside the engine, returned as an Observation by probe(). */
export class ProbeFailure extends Error {
  readonly reason: Reason;
  readonly retriable: boolean;
  constructor(reason: Reason, detail: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.retriable = options.retriable ?? true;
  }
}

/** Statuses that waiting does not mend: the request itself is wrong, or not allowed. */
const finalStatuses = new Set([400, 401, 403, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501, 505]);

/** 404, 408, 425, 429 and 5xx may pass: a route that is not there yet, a server that is starting or busy. */
export function retriableStatus(status: number): boolean {
  return !finalStatuses.has(status);
}
