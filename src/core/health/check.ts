import type { SignerInputs } from '../attestation/inputs.ts';
import type { Budget } from './budget.ts';
import type { JsonPath } from './json-path.ts';
import type { Load } from './load-form.ts';
import type { StatusSet } from './status-set.ts';

/** What a check may want otherwise than the rest of its gate. Times are milliseconds. */
export interface Policy {
  readonly period?: number;
  readonly attemptTimeout?: number;
  /** From the gate's begin, or from when the checks that it waits for have passed. */
  readonly deadline?: number;
  readonly successes?: number;
  /** Failures in a row that are the verdict `failed`, although there would be time left. */
  readonly failures?: number;
  readonly hold?: number;
  readonly latency?: Budget;
  /** Names of checks that must have passed before this one is tried. */
  readonly dependsOn?: readonly string[];
  /** Its failure is told, and changes no verdict. */
  readonly warnOnly?: boolean;
}

/** What every kind of check has. */
interface CommonCheck {
  /** Shown in logs, tables and the record; without credentials. */
  readonly name: string;
  /** Milliseconds from the start of an attempt to the end of its answer; more is the failure `slow`. */
  readonly within?: number;
  readonly policy?: Policy;
}

/** Which way a connection takes. */
export interface Route {
  /** Path of a unix socket, instead of an address. */
  readonly socket?: string;
  /** Name → addresses, instead of what DNS says; `*` is the check's own host. */
  readonly resolve?: Readonly<Record<string, readonly string[]>>;
  /** Addresses of this family only. */
  readonly ip?: 4 | 6;
  /**
   * `any`: the first that answers. `all`: every one, each with an attempt of its own. `reachable`: all of the families
   * that this machine has a route for.
   */
  readonly addresses?: 'any' | 'all' | 'reachable';
  /** Nobody must answer: it is waited until the place is gone. */
  readonly down?: boolean;
  /** A URL (http or https), or `env`: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
  readonly proxy?: URL | 'env';
}

/** What TLS must be; PEM texts. */
export interface TlsWish {
  /** Accepts any certificate; what it was is still observed. */
  readonly insecure: boolean;
  /** Trusted instead of Node's own authorities. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** The name that is sent and that the certificate must be for; default: the host. */
  readonly serverName?: string;
  /** At least this version. */
  readonly protocol?: '1.2' | '1.3';
  /** Milliseconds that every certificate of the chain must still be valid. */
  readonly validFor?: number;
}

/** One HTTP request, its redirects followed, and what the answer must be. */
export interface HttpCheck extends CommonCheck, Route, TlsWish {
  readonly kind: 'http';
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `auto`: what TLS agrees on, HTTP/1.1 without TLS. `2` without TLS speaks HTTP/2 at once. Default 1.1. */
  readonly http?: '1.1' | '2' | 'auto';
  readonly status: StatusSet;
  /** Texts that the body must hold. */
  readonly contains: readonly string[];
  /** What the body must match. */
  readonly matches?: readonly RegExp[];
  /** What the body must not match. */
  readonly lacks?: readonly RegExp[];
  /** Headers (lower case) that the answer must have, each with a value that matches. */
  readonly answerHeaders?: Readonly<Record<string, RegExp>>;
  /** Values that the body, as JSON, must have at these paths. */
  readonly json: readonly JsonAssertion[];
  /** Traffic that it must bear once it is healthy. */
  readonly load?: Load;
  /** How many redirects are followed at the most. */
  readonly redirects: number;
  /** Says of a good answer's body why it is another release's, in one line; undefined when it is ours. */
  readonly foreign?: (body: string) => string | undefined;
}

export interface JsonAssertion {
  readonly path: JsonPath;
  /** Compared as JSON: same type, same value. */
  readonly equals: unknown;
}

/** A TCP connection that is accepted, and what is said over it. */
export interface TcpCheck extends CommonCheck, Route, Partial<TlsWish> {
  readonly kind: 'tcp';
  /** Empty with `socket`. */
  readonly host: string;
  /** 0 with `socket`. */
  readonly port: number;
  /** In this order: each waits for a line that matches, sends, or both. */
  readonly dialogue?: readonly Turn[];
}

export interface Turn {
  readonly expect?: RegExp;
  /** `${1}` is the first group of the last `expect`; with TLS begun in front where `starttls` is set. */
  readonly send?: string;
  readonly starttls?: boolean;
}

/** A TLS handshake and the certificates that it shows. */
export interface TlsCheck extends CommonCheck, Route, TlsWish {
  readonly kind: 'tls';
  readonly host: string;
  readonly port: number;
}

/** `grpc.health.v1.Health`. https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export interface GrpcCheck extends CommonCheck, Route, TlsWish {
  readonly kind: 'grpc';
  readonly host: string;
  readonly port: number;
  /** Empty: the server as a whole. */
  readonly service: string;
  readonly tls: boolean;
  /** Waits on one stream (Watch) instead of asking (Check). */
  readonly watch: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a name server answers. */
export interface DnsCheck extends CommonCheck {
  readonly kind: 'dns';
  readonly domain: string;
  readonly type: DnsType;
  /** `address` or `address:port`; default: those of the system. */
  readonly server?: string;
  /** Answers that must be among those given. */
  readonly answers: readonly string[];
  /** No other answers than those. */
  readonly exact: boolean;
  /** The name must not exist. */
  readonly absent: boolean;
}

export const dnsTypes = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'SRV', 'CAA', 'PTR', 'SOA'] as const;
export type DnsType = (typeof dnsTypes)[number];

/** A unit of systemd. */
export interface UnitCheck extends CommonCheck {
  readonly kind: 'unit';
  readonly unit: string;
  /** Of the user's own manager. */
  readonly user: boolean;
  /** `user@host:port`; undefined: this machine. */
  readonly on?: string;
  readonly state: string;
  /** Restarts by systemd at the most, since it was started. */
  readonly restarts?: number;
}

/** A workload of Kubernetes: rolled out, its pods ready, behind its Services. */
export interface WorkloadCheck extends CommonCheck {
  readonly kind: 'workload';
  readonly workload: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly object: string;
  readonly namespace?: string;
  readonly context?: string;
  /** Ready addresses behind each Service that selects the pods, at least; default: as many as replicas. */
  readonly endpoints?: number;
  /** Restarts of all its containers at the most. */
  readonly restarts?: number;
}

/** A container of podman or Docker. */
export interface ContainerCheck extends CommonCheck {
  readonly kind: 'container';
  readonly container: string;
  readonly on?: string;
  /** Default: podman or docker, whichever is there. */
  readonly runtime?: 'podman' | 'docker';
  readonly state: string;
  readonly restarts?: number;
  /** Digest of the image, or of its configuration. */
  readonly image?: string;
}

/** A query to Prometheus whose every sample must be within limits. */
export interface PrometheusCheck extends CommonCheck {
  readonly kind: 'prometheus';
  readonly request: HttpCheck;
  readonly query: string;
  readonly limits: Limits;
}

/** Bounds of a number; all that are given must hold. */
export interface Limits {
  readonly above?: number;
  readonly below?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly equals?: number;
}

/** An image in a registry. */
export interface ImageCheck extends CommonCheck {
  readonly kind: 'image';
  /** `registry/repository:tag` or `…@sha256:…`. */
  readonly reference: string;
  /** What the tag must be. */
  readonly digest?: string;
  /** `os/arch[/variant]`, all of which it must have. */
  readonly platforms: readonly string[];
  /** Types of statements that must be attached to it: `provenance`, `sbom`, or a type's URL. */
  readonly attestations: readonly string[];
  /** PEM of the public key that those must be signed with. */
  readonly signedBy?: string;
  /** Whose identity those must be signed by, without a key of one’s own. */
  readonly identity?: SignerInputs;
  /** Plain HTTP. */
  readonly insecure: boolean;
}

/** A program that must end with a certain code. */
export interface CommandCheck extends CommonCheck {
  readonly kind: 'command';
  readonly argv: readonly [string, ...string[]];
  readonly on?: string;
  readonly exit: readonly (readonly [from: number, to: number])[];
  /** Texts and patterns of what it prints, both streams. */
  readonly contains: readonly string[];
  readonly matches: readonly RegExp[];
  readonly lacks: readonly RegExp[];
}

/** Kinds that are reached by host and port: what the gate of a deploy may ask through its own connections. */
export type NetworkCheck = HttpCheck | TcpCheck | TlsCheck | GrpcCheck;

export type Check =
  | NetworkCheck
  | DnsCheck
  | UnitCheck
  | WorkloadCheck
  | ContainerCheck
  | PrometheusCheck
  | ImageCheck
  | CommandCheck;

const secretParameter = /token|secret|passw|signature|credential|^(api[-_]?)?key$|^sig$/i;

/** The URL as it may be shown: without user and password, and without the values of parameters that sound secret. */
export function shownUrl(url: URL): string {
  const secrets = [...url.searchParams.keys()].filter(name => secretParameter.test(name));
  if (url.username === '' && url.password === '' && secrets.length === 0) return url.href;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  for (const name of secrets) shown.searchParams.set(name, '***');
  return shown.href;
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The host of a URL without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}
