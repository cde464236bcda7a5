import type { Tree } from '../../core/tree.ts';
import type { Found } from './found.ts';
import type { Program } from './programs.ts';
import { documentsOf } from './yaml-file.ts';

/** What a compose file says of the service that is built here. */
export interface Compose {
  readonly file: string;
  readonly image?: Found;
  /** Ports in the container. */
  readonly ports: readonly Found<number>[];
  readonly args?: Found<readonly string[]>;
  /** Settings that are no secret by their name. */
  readonly environment: readonly Found<readonly [string, string]>[];
  /** Names only, of what looks like a secret or comes from a file or the environment. */
  readonly secrets: readonly Found[];
}

/** Names whose values are never copied into a file. */
export const secretName =
  /pass(word|wd|phrase)?$|secret|token|api_?key|private|credential|dsn$|_url$|_uri$|^key$|_key$/i;

export async function composeOf(tree: Tree, program: Program): Promise<Compose | undefined> {
  const file = tree.files.find(one => /^(docker-)?compose\.ya?ml$/.test(one));
  if (file === undefined) return undefined;
  const [document] = await documentsOf(tree, file);
  const services: Record<string, Record<string, unknown>> = document?.data?.services ?? {};
  const names = Object.keys(services).filter(name => typeof services[name] === 'object' && services[name] !== null);
  const name = names.find(one => one === program.name) ?? names.find(one => services[one]!['build'] !== undefined);
  if (document === undefined || name === undefined) return undefined;
  const service = services[name]!;
  const at = (...path: (string | number)[]) => document.at('services', name, ...path);
  const settings = settingsOf(service['environment'], at);
  const isSecret = ({ value: [key, value] }: Found<readonly [string, string]>) =>
    secretName.test(key) || value === '' || value.includes('$');
  const { command, image } = service;
  return {
    file,
    ...(typeof image === 'string' && { image: { value: image, at: at('image') } }),
    ports: list(service['ports']).flatMap((port, index) => {
      const target = typeof port === 'object' && port !== null ? (port as { target?: number }).target : port;
      const number = Number(/(\d+)(?:\/tcp)?$/.exec(String(target))?.[1]);
      return number > 0 ? [{ value: number, at: at('ports', index) }] : [];
    }),
    ...(Array.isArray(command) && { args: { value: command.map(String), at: at('command') } }),
    environment: settings.filter(one => !isSecret(one)),
    secrets: [
      ...settings.filter(isSecret).map(({ value, at: place }) => ({ value: value[0], at: place })),
      ...list(service['secrets']).map((one, index) => ({
        value: String((one as { source?: string } | null)?.source ?? one),
        at: at('secrets', index),
      })),
    ],
  };
}

/** A map, or a list of `NAME=value`. A name alone takes its value from the environment. */
function settingsOf(given: unknown, at: (...path: (string | number)[]) => string): Found<readonly [string, string]>[] {
  if (Array.isArray(given))
    return given.map((line, index) => {
      const [, name, value] = /^([^=]+)=?(.*)$/s.exec(String(line)) ?? [];
      return { value: [name ?? '', value ?? ''] as const, at: at('environment', index) };
    });
  return Object.entries((given ?? {}) as object).map(([name, value]) => ({
    value: [name, String(value ?? '')] as const,
    at: at('environment', name),
  }));
}

const list = (given: unknown): unknown[] => (Array.isArray(given) ? given : []);
