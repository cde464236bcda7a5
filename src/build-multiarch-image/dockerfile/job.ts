import type { Engine } from './engine.ts';
import type { Builder } from './inputs.ts';
import type { SecretInputs, Secrets } from './secrets.ts';

export interface DockerfileInputs extends SecretInputs {
  readonly context: string | undefined;
  readonly file: string | undefined;
  readonly target: string | undefined;
  readonly 'build-args': Readonly<Record<string, string>>;
  readonly 'build-contexts': Readonly<Record<string, string>>;
  readonly 'cache-from': readonly string[];
  readonly 'cache-to': readonly string[];
  readonly 'no-cache': boolean;
  readonly pull: boolean;
  readonly network: 'default' | 'none' | 'host';
  readonly builder: Builder | undefined;
  readonly 'driver-opts': readonly string[];
}

/** One build of a Dockerfile, everything resolved; the argument vectors are made of this. */
export interface Job {
  readonly engine: Exclude<Engine, { kind: 'native' }>;
  readonly inputs: DockerfileInputs;
  /** Absolute path or URL. */
  readonly context: string;
  /** Absolute path; undefined where the context is elsewhere and has it at its usual place. */
  readonly file: string | undefined;
  /** `os/arch[/variant]` */
  readonly platforms: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  /** Since 1970; the time of everything in the image. */
  readonly seconds: number;
  /** Folder that the OCI layout is written to; it is not there yet. */
  readonly layout: string;
}

/** `--flag NAME=value` for each. */
export function flags(flag: string, values: Readonly<Record<string, string>> | readonly string[]): string[] {
  const items = Array.isArray(values) ? values : Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return items.flatMap(item => [flag, item]);
}
