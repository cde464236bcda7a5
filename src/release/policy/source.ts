import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap } from '../../core/config-deployments.ts';
import { invalid } from '../../core/config-document.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { deadline } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { sha256 } from '../../core/files.ts';
import { isLoopback } from '../../core/registry/endpoint.ts';
import { Transport } from '../../core/registry/transport.ts';

/** A policy’s text, and what it is called in errors. */
export interface PolicyText {
  readonly name: string;
  readonly text: string;
}

/** Bytes that a policy has at the most. */
const most = 1_000_000;
const ofRepository = /^([\w.-]+)\/([\w.-]+)\/([^@]+)@([0-9a-f]{40})$/;

/**
 * The text that `policy` of slipway.yml names, as it was when it was named: by a commit of a repository on GitHub, or
 * by its sha256.
 *
 * @throws SlipwayError CONFIG_INVALID, POLICY_UNREACHABLE, POLICY_CHANGED
 */
export async function policyText(
  { policy, file, at }: ConfigFile,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<PolicyText | undefined> {
  if (policy === undefined) return undefined;
  const refuse = (why: string) => invalid(at(['policy']), `policy: ${why}`);
  const { extends: from, sha256: sum, ...rest } = isMap(policy) ? policy : {};
  const isPinned = typeof from === 'string' && ofRepository.test(from);
  if (typeof from !== 'string' || Object.keys(rest).length > 0)
    throw refuse('it is not { extends: OWNER/REPO/PATH@SHA } or { extends: PATH or URL, sha256: … }');
  if (!isPinned && !/^[0-9a-f]{64}$/.test(String(sum)))
    throw refuse(`${from} has neither the full SHA of a commit nor a sha256: it could be another one tomorrow`);
  if (isPinned && /(^|\/)\.\.?(\/|@)/.test(from))
    throw refuse(`${from} leads out of the repository that it names: write the path of the file as it is there`);
  const text = await read(from, dirname(file), env, signal).catch(error => {
    throw new SlipwayError('POLICY_UNREACHABLE', `${at(['policy'])}: the policy ${from}: ${messageOf(error)}`, {
      hint: 'Nothing was changed. Without its policy nothing is deployed.',
      cause: error,
    });
  });
  if (sum !== undefined && sha256(text) !== sum)
    throw new SlipwayError(
      'POLICY_CHANGED',
      `the policy ${from} has sha256 ${sha256(text)}, ${at(['policy'])} says ${sum}`,
      {
        hint: 'Nothing was changed. Read what is new in it, and write its sha256.',
      },
    );
  return { name: from, text };
}

async function read(from: string, directory: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const [, owner, repository, path, commit] = ofRepository.exec(from) ?? [];
  if (owner === undefined && !/^https?:/.test(from)) return readFile(resolve(directory, from), 'utf8');
  const api = (env['GITHUB_API_URL'] || 'https://api.github.com').replace(/\/+$/, '');
  const words = path?.split('/').map(encodeURIComponent).join('/');
  const url = new URL(
    owner === undefined ? from : `${api}/repos/${owner}/${repository}/contents/${words}?ref=${commit}`,
  );
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) throw new Error('it is not reached by https');
  const token = owner === undefined ? undefined : env['GITHUB_TOKEN'];
  const headers = {
    accept: owner === undefined ? '*/*' : 'application/vnd.github.raw+json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  using limited = deadline(30_000, `getting the policy ${from}`, signal);
  const transport = new Transport({ idle: 30_000 });
  try {
    const answer = await transport.send({ method: 'GET', url, headers, signal: limited });
    const bytes = await answer.bytes(most);
    if (answer.status !== 200) throw new Error(`${url.host} answers ${answer.status}`);
    return bytes.toString('utf8');
  } finally {
    transport.close();
  }
}
