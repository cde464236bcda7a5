import type { Credentials } from '../credentials.ts';
import { ask, type Place, type Question, secret } from './ask.ts';
import { type AwsKeys, signed } from './aws-signature.ts';
import { idToken } from './id-token.ts';

interface Registry {
  readonly region: string;
  readonly service: 'ecr' | 'ecr-public';
  /** `amazonaws.com`, or China's. */
  readonly domain: string;
}

/** `ACCOUNT.dkr.ecr.REGION.amazonaws.com` or `public.ecr.aws`; undefined for any other host. */
export function amazonRegistry(host: string): Registry | undefined {
  if (host === 'public.ecr.aws') return { region: 'us-east-1', service: 'ecr-public', domain: 'amazonaws.com' };
  const [, region, domain] = /^\d{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/.exec(host) ?? [];
  return region === undefined || domain === undefined ? undefined : { region, service: 'ecr', domain };
}

/** Keys that an earlier step left in the environment, as aws-actions/configure-aws-credentials does. */
export function keysOf(env: NodeJS.ProcessEnv): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secretKey, AWS_SESSION_TOKEN: session } = env;
  if (!id || !secretKey) return undefined;
  return { id, secret: secretKey, ...(session ? { session } : {}) };
}

/**
 * Logs in to ECR: the job's identity is exchanged for a role's keys (STS AssumeRoleWithWebIdentity), and these for a
 * password of 12 hours (GetAuthorizationToken).
 *
 * @param keys of the environment, when no role is to be assumed
 */
export async function amazonLogin(
  registry: Registry,
  identity: { readonly role: string } | { readonly keys: AwsKeys },
  place: Place,
): Promise<Credentials> {
  const keys = 'keys' in identity ? identity.keys : await assume(identity.role, registry, place);
  const source = 'keys' in identity ? 'AWS_ACCESS_KEY_ID' : `the role ${identity.role}`;
  const [username = '', ...rest] = (await authorizationToken(registry, keys, place)).split(':');
  const hint = 'Look at the status page of Amazon ECR.';
  return { username, password: secret(rest.join(':'), 'getting a password from Amazon ECR', hint), source };
}

async function assume(role: string, { region, domain }: Registry, place: Place): Promise<AwsKeys> {
  const token = await idToken('sts.amazonaws.com', place);
  const question: Question = {
    method: 'POST',
    url: place.env['AWS_ENDPOINT_URL_STS'] || `https://sts.${region}.${domain}/`,
    headers: { accept: 'text/xml' },
    form: {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: 'slipway',
      DurationSeconds: '3600',
      WebIdentityToken: token,
    },
    doing: `assuming the role ${role}`,
    hint: 'Check that the role’s trust policy names token.actions.githubusercontent.com, this repository and the audience sts.amazonaws.com.',
  };
  const xml = await ask(question, place);
  const at = (name: string) =>
    secret(new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1], question.doing, question.hint);
  return { id: at('AccessKeyId'), secret: at('SecretAccessKey'), session: at('SessionToken') };
}

/** `AWS:PASSWORD` */
async function authorizationToken({ region, service, domain }: Registry, keys: AwsKeys, place: Place): Promise<string> {
  const api = service === 'ecr' ? 'AmazonEC2ContainerRegistry_V20150921' : 'SpencerFrontendService';
  const named = service === 'ecr' ? 'AWS_ENDPOINT_URL_ECR' : 'AWS_ENDPOINT_URL_ECR_PUBLIC';
  const url = new URL(place.env[named] || `https://api.${service}.${region}.${domain}/`);
  const type = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${api}.GetAuthorizationToken` };
  const question: Question = {
    method: 'POST',
    url,
    headers: signed({ method: 'POST', url, headers: type, body: '{}' }, keys, region, service, new Date()),
    json: {},
    doing: 'getting a password from Amazon ECR',
    hint: `The role needs ${service}:GetAuthorizationToken, and the rights to push to the repository.`,
  };
  const answer = await ask(question, place);
  let data: unknown;
  try {
    const found = (JSON.parse(answer) as { authorizationData?: unknown }).authorizationData;
    data = (Array.isArray(found) ? found[0] : found)?.authorizationToken;
  } catch {
    data = undefined;
  }
  return Buffer.from(secret(data, question.doing, question.hint), 'base64').toString('utf8');
}
