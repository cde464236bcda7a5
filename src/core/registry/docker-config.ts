import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf, SlipwayError } from '../errors.ts';
import { readIfThere } from '../files.ts';
import { run } from '../process.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { isDockerHub } from './reference.ts';

interface Entry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, Entry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

const hub = 'https://index.docker.io/v1/';
const source = 'Docker’s config.json';

/**
 * What `docker login` left: `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, with credential helpers.
 * Nothing is written there.
 */
export function dockerConfig(env: NodeJS.ProcessEnv, signal: AbortSignal): CredentialSource {
  const file = join(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), 'config.json');
  let config: Promise<DockerConfig> | undefined;
  return async host => {
    config ??= read(file);
    const { auths = {}, credHelpers = {}, credsStore } = await config;
    const keys = keysOf(host);
    const helper = keys.map(key => credHelpers[key]).find(name => name !== undefined) ?? credsStore;
    if (helper !== undefined) {
      const found = await askHelper(helper, keys[0], env, signal);
      if (found !== undefined) return found;
    }
    return entryOf(auths, host, file);
  };
}

/**
 * A pull secret of Kubernetes: the text of its `.dockerconfigjson`. Helpers and stores in it are of another machine.
 *
 * @param from names it in errors: `Secret/regcred`
 */
export function pullSecret(text: string, from: string): CredentialSource {
  return async host => {
    const { auths = {} } = parse(text, from);
    const found = entryOf(auths, host, from);
    return found && { ...found, source: from };
  };
}

function entryOf(auths: NonNullable<DockerConfig['auths']>, host: string, from: string): Credentials | undefined {
  const keys = keysOf(host);
  const entry = Object.entries(auths).find(([key]) => keys.some(known => known === key || hostOf(key) === known))?.[1];
  return entry === undefined ? undefined : fromEntry(entry, host, from);
}

function keysOf(host: string): [string, ...string[]] {
  return isDockerHub(host) ? [hub, 'docker.io', 'index.docker.io'] : [host];
}

async function read(file: string): Promise<DockerConfig> {
  const text = await readIfThere(file);
  return text === undefined || text.trim() === '' ? {} : parse(text, file);
}

function parse(text: string, file: string): DockerConfig {
  try {
    return JSON.parse(text) as DockerConfig;
  } catch {
    // The parser's message quotes the text, and the text holds passwords.
    throw new SlipwayError('DOCKER_CONFIG_INVALID', `${file} is not JSON`, {
      hint: 'Run `docker login` again, or point DOCKER_CONFIG to another folder.',
    });
  }
}

/** Older clients wrote keys as URLs: `https://ghcr.io/v2/`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function fromEntry(entry: Entry, host: string, file: string): Credentials | undefined {
  if (entry.identitytoken) return { identityToken: entry.identitytoken, source };
  if (entry.username && entry.password) return { username: entry.username, password: entry.password, source };
  if (!entry.auth) return undefined; // `docker login` leaves empty entries beside a credential store
  const text = Buffer.from(entry.auth, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 1) {
    throw new SlipwayError('DOCKER_CONFIG_INVALID', `"auth" of ${host} in ${file} is not base64 of user:password`, {
      hint: `Run \`docker login ${host}\` again.`,
    });
  }
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, ''), source };
}

/** The credential helpers' protocol: the registry on stdin, JSON on stdout. */
async function askHelper(
  name: string,
  key: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  try {
    const { stdout, code } = await run([program, 'get'], { input: key, env, timeout: 30_000, signal, accept: [1] });
    if (code !== 0) return undefined; // the protocol's "credentials not found"
    const { Username, Secret } = JSON.parse(stdout) as { Username?: string; Secret?: string };
    if (!Secret) return undefined;
    if (Username === '<token>') return { identityToken: Secret, source: program };
    return { username: Username ?? '', password: Secret, source: program };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it did not answer with JSON' : messageOf(error);
    throw new SlipwayError('CREDENTIAL_HELPER', `asking ${program} for ${key}: ${why}`, {
      hint: 'Install the helper, or take it out of Docker’s config.json.',
    });
  }
}
