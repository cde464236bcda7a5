import { readFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import {
  type Cluster,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import { parse } from 'yaml';
import { messageOf, SlipwayError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import { type Impersonation, impersonationOf } from './impersonation.ts';

/** What a context of a kubeconfig leads to; paths of files are absolute. */
export interface Access {
  readonly contextName: string;
  /** The context's namespace, or `default`. */
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly user: User;
  /** Headers that say as whom the user acts; empty when as nobody else. */
  readonly impersonation: Impersonation;
}

/** The text of a kubeconfig and the folder that its relative paths begin at. */
export interface Source {
  readonly text: string;
  readonly folder?: string;
}

interface KubeConfig {
  readonly current: string | undefined;
  readonly contexts: readonly Context[];
  readonly clusters: readonly Cluster[];
  readonly users: readonly (User & { readonly impersonation: Impersonation })[];
}

/**
 * The kubeconfig of the input, else the files that the environment's KUBECONFIG names (the first one wins, as for kubectl).
 * The home folder is not looked into: a workflow that forgets its cluster must not find somebody else's.
 */
export async function kubeconfigSources(text: string | undefined, env: NodeJS.ProcessEnv): Promise<Source[]> {
  if (text !== undefined && text !== '') return [{ text }];
  const files = (env['KUBECONFIG'] ?? '').split(delimiter).filter(file => file !== '');
  if (files.length === 0) {
    throw new SlipwayError(
      'KUBECONFIG_MISSING',
      'there is no kubeconfig: the input "kubeconfig" is empty and KUBECONFIG is not set',
      {
        hint: 'Pass the text of a kubeconfig as a secret, or set the environment variable KUBECONFIG to its path.',
      },
    );
  }
  return Promise.all(
    files.map(async file => ({
      text: await readFile(file, 'utf8').catch(error => unreadable(file, error)),
      folder: dirname(file),
    })),
  );
}

function unreadable(file: string, cause: NodeJS.ErrnoException): never {
  throw new SlipwayError(
    'KUBECONFIG_MISSING',
    `the kubeconfig ${file}, named by KUBECONFIG, cannot be read: ${cause.code}`,
    {
      hint: 'Correct KUBECONFIG, or pass the text of a kubeconfig in the input "kubeconfig".',
      cause,
    },
  );
}

/** Chooses the context (default: the current one) and finds its cluster and user. Nothing is sent anywhere. */
export function chooseContext(sources: readonly Source[], wanted?: string): Access {
  const configs = sources.map(read);
  const all = <T extends { name: string }>(pick: (config: KubeConfig) => readonly T[]) => configs.flatMap(pick);
  const contexts = all(config => config.contexts);
  const names = contexts.map(context => context.name);
  const contextName = wanted ?? configs.find(config => config.current)?.current;
  if (contextName === undefined) {
    throw invalid(
      'it has no current-context',
      `Set the input "context" to one of: ${names.join(', ') || '(it has none)'}.`,
    );
  }
  const context = contexts.find(one => one.name === contextName);
  if (context === undefined) {
    throw new SlipwayError(
      'CONTEXT_UNKNOWN',
      `the kubeconfig has no context "${contextName}"${didYouMean(contextName, names)}`,
      {
        hint: `Contexts in it: ${names.join(', ') || 'none'}. Nothing was changed.`,
      },
    );
  }
  const cluster = all(config => config.clusters).find(one => one.name === context.cluster);
  if (cluster === undefined)
    throw invalid(`the context "${contextName}" names the cluster "${context.cluster}", which is not in it`);
  const user = all(config => config.users).find(one => one.name === context.user);
  if (user === undefined && context.user !== undefined)
    throw invalid(`the context "${contextName}" names the user "${context.user}", which is not in it`);
  return {
    contextName,
    namespace: context.namespace ?? 'default',
    cluster,
    user: user ?? { name: '' },
    impersonation: user?.impersonation ?? {},
  };
}

function read({ text, folder }: Source): KubeConfig {
  let data: Record<string, unknown>;
  try {
    data = parse(text);
  } catch (error) {
    // the first line only: the rest of a YAML error quotes the text, and this text is a secret
    throw invalid(`it is not YAML: ${messageOf(error).split('\n')[0]}`);
  }
  if (typeof data !== 'object' || data === null || !Array.isArray(data['contexts']))
    throw invalid('it has no list of contexts', 'Give the text of a kubeconfig, not its path, and not in base64.');
  const absolute = (path: string) => {
    if (isAbsolute(path)) return path;
    if (folder === undefined)
      throw invalid(`it names the file ${path}`, 'Embed the data: `kubectl config view --raw --flatten`.');
    return join(folder, path);
  };
  try {
    const [clusters, users] = [newClusters(data['clusters']), newUsers(withoutTokenFiles(data['users']))];
    for (const cluster of clusters) if (cluster.caFile) cluster.caFile = absolute(cluster.caFile);
    for (const user of users) {
      if (user.certFile) user.certFile = absolute(user.certFile);
      if (user.keyFile) user.keyFile = absolute(user.keyFile);
    }
    return {
      current: data['current-context'] as string | undefined,
      contexts: newContexts(data['contexts']),
      clusters,
      users: users.map((user, index) => ({ ...user, impersonation: impersonationOf(rawUser(data['users'], index)) })),
    };
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw invalid(messageOf(error));
  }
}

function rawUser(users: unknown, index: number): unknown {
  return (users as { user?: unknown }[])[index]?.user;
}

/** The library reads a token file at once, and once; tokens in files are short-lived, so credentials.ts reads them when they are used. */
function withoutTokenFiles(users: unknown): unknown {
  if (!Array.isArray(users)) return users;
  return users.map(entry => {
    const file = entry?.user?.tokenFile ?? entry?.user?.['token-file'];
    if (file === undefined) return entry;
    const { 'token-file': _, ...user } = entry.user;
    return { ...entry, user: { ...user, 'auth-provider': { name: 'tokenFile', config: { tokenFile: file } } } };
  });
}

function invalid(why: string, hint = 'Nothing was changed. Correct the kubeconfig and run again.'): SlipwayError {
  return new SlipwayError('KUBECONFIG_INVALID', `the kubeconfig cannot be used: ${why}`, { hint });
}
