import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cloudLogin } from '../../../src/core/registry/cloud-login.ts';
import { amazonLogin, amazonRegistry } from '../../../src/core/registry/clouds/amazon.ts';
import type { Place } from '../../../src/core/registry/clouds/ask.ts';
import { signed } from '../../../src/core/registry/clouds/aws-signature.ts';
import { azureLogin, isAzureRegistry } from '../../../src/core/registry/clouds/azure.ts';
import { googleLogin, isGoogleRegistry } from '../../../src/core/registry/clouds/google.ts';

/** Answers as the clouds' services do, and writes down what they were asked. */
interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly target: string | undefined;
  readonly body: string;
}
let asked: Asked[] = [];
/** Path → status and body; a list is used up from its front. */
let answers: Record<string, [number, string][]> = {};
let server: Server;
let origin: string;
const retries: string[] = [];

beforeAll(async () => {
  server = createServer(async (incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const target = headers['x-amz-target'] as string | undefined;
    asked.push({ method, url, authorization: headers.authorization, target, body: await text(incoming) });
    const queue = answers[url.split('?')[0]!] ?? [[404, '{}']];
    const [status, body] = queue.length > 1 ? queue.shift()! : queue[0]!;
    outgoing.writeHead(status).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  retries.length = 0;
  answers = { '/oidc': [[200, JSON.stringify({ value: 'the-oidc-token' })]] };
});

function place(env: NodeJS.ProcessEnv = {}): Place {
  return {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/oidc?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
      ...env,
    },
    signal: new AbortController().signal,
    onRetry: message => retries.push(message),
  };
}
const form = (at: number) => Object.fromEntries(new URLSearchParams(asked[at]!.body));
const oidc = (audience: string) => ({
  method: 'GET',
  url: `/oidc?api-version=2.0&audience=${encodeURIComponent(audience)}`,
  authorization: 'Bearer request-token',
});

test('AWS’s own example of a signature (get-vanilla)', () => {
  const request = { method: 'GET', url: new URL('https://example.amazonaws.com/'), headers: {}, body: '' };
  const keys = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  const { authorization } = signed(request, keys, 'us-east-1', 'service', new Date('2015-08-30T12:36:00Z'));
  expect(authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

describe('Amazon ECR', () => {
  const registry = { region: 'eu-central-1', service: 'ecr', domain: 'amazonaws.com' } as const;
  const env = () => ({ AWS_ENDPOINT_URL_STS: `${origin}/sts`, AWS_ENDPOINT_URL_ECR: `${origin}/ecr` });
  const token = Buffer.from('AWS:the-password').toString('base64');
  const role = 'arn:aws:iam::123456789012:role/push';
  beforeEach(() => {
    answers['/sts'] = [
      [
        200,
        '<AssumeRoleWithWebIdentityResponse><Credentials><SessionToken>the-session</SessionToken><SecretAccessKey>the-secret</SecretAccessKey><AccessKeyId>ASIA1</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResponse>',
      ],
    ];
    answers['/ecr'] = [[200, JSON.stringify({ authorizationData: [{ authorizationToken: token }] })]];
  });

  test('the job’s identity becomes a role’s keys, and these a password', async () => {
    const found = await amazonLogin(registry, { role }, place(env()));
    expect(found).toEqual({ username: 'AWS', password: 'the-password', source: `the role ${role}` });
    expect(asked[0]).toMatchObject(oidc('sts.amazonaws.com'));
    expect(form(1)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      WebIdentityToken: 'the-oidc-token',
    });
    expect(asked[2]).toMatchObject({
      method: 'POST',
      target: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      body: '{}',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=ASIA1\/\d{8}\/eu-central-1\/ecr\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
      ),
    });
  });

  test('keys of an earlier step need no identity', async () => {
    const found = await amazonLogin(registry, { keys: { id: 'AKIA1', secret: 's' } }, place(env()));
    expect(found).toMatchObject({ username: 'AWS', password: 'the-password' });
    expect(asked).toHaveLength(1);
  });

  test('a failure that passes is tried again', async () => {
    answers['/sts']!.unshift([503, '']);
    answers['/oidc']!.unshift([502, '<html>']);
    await expect(amazonLogin(registry, { role }, place(env()))).resolves.toMatchObject({ password: 'the-password' });
    expect(retries).toHaveLength(2);
  });

  test('a refusal says what to check, and shows no token', async () => {
    answers['/sts'] = [[403, '<ErrorResponse><Code>AccessDenied</Code></ErrorResponse>']];
    await expect(amazonLogin(registry, { role }, place(env()))).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringMatching(/^(?!.*the-oidc-token).*assuming the role arn:.*403/),
      hint: expect.stringContaining('trust policy'),
    });
    expect(asked).toHaveLength(2);
  });

  test('a job without an identity is told which permission it lacks', async () => {
    await expect(amazonLogin(registry, { role }, place({ ACTIONS_ID_TOKEN_REQUEST_URL: '' }))).rejects.toMatchObject({
      code: 'OIDC_MISSING',
      hint: expect.stringContaining('id-token: write'),
    });
  });

  test.each([
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', { region: 'eu-west-1', service: 'ecr', domain: 'amazonaws.com' }],
    [
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
      { region: 'cn-north-1', service: 'ecr', domain: 'amazonaws.com.cn' },
    ],
    ['public.ecr.aws', { region: 'us-east-1', service: 'ecr-public', domain: 'amazonaws.com' }],
    ['ecr.example.com', undefined],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example', undefined],
  ])('%s', (host, expected) => expect(amazonRegistry(host)).toEqual(expected));
});

describe('Google', () => {
  const provider = 'projects/1/locations/global/workloadIdentityPools/pool/providers/github';
  const services = () => ({ sts: origin, iam: origin });
  beforeEach(() => {
    answers['/v1/token'] = [[200, '{"access_token":"the-federated"}']];
    answers['/v1/projects/-/serviceAccounts/ci@p.iam.gserviceaccount.com:generateAccessToken'] = [
      [200, '{"accessToken":"the-access"}'],
    ];
  });

  test('the job’s identity becomes an access token', async () => {
    const found = await googleLogin({ provider }, place(), services());
    expect(found).toMatchObject({ username: 'oauth2accesstoken', password: 'the-federated' });
    expect(asked[0]).toMatchObject(oidc(`https://iam.googleapis.com/${provider}`));
    expect(JSON.parse(asked[1]!.body)).toEqual({
      audience: `//iam.googleapis.com/${provider}`,
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
      subjectToken: 'the-oidc-token',
    });
  });

  test('and that of a service account, where one is named', async () => {
    const identity = { provider, serviceAccount: 'ci@p.iam.gserviceaccount.com' };
    await expect(googleLogin(identity, place(), services())).resolves.toMatchObject({ password: 'the-access' });
    expect(asked[2]).toMatchObject({ method: 'POST', authorization: 'Bearer the-federated' });
    expect(JSON.parse(asked[2]!.body)).toMatchObject({ scope: ['https://www.googleapis.com/auth/cloud-platform'] });
  });

  test.each([
    ['europe-docker.pkg.dev', true],
    ['gcr.io', true],
    ['eu.gcr.io', true],
    ['gcr.io.example.com', false],
    ['x.y-docker.pkg.dev', false],
  ])('%s: %s', (host, expected) => expect(isGoogleRegistry(host)).toBe(expected));
});

describe('Azure', () => {
  const identity = { client: 'client-1', tenant: 'tenant-1' };
  test('the job’s identity becomes a refresh token of the registry', async () => {
    answers['/tenant-1/oauth2/v2.0/token'] = [[200, '{"access_token":"the-access"}']];
    answers['/oauth2/exchange'] = [[200, '{"refresh_token":"the-refresh"}']];
    const at = place({ AZURE_AUTHORITY_HOST: `${origin}/` });
    const found = await azureLogin('acme.azurecr.io', identity, at, origin);
    expect(found).toEqual({ identityToken: 'the-refresh', source: 'the application client-1' });
    expect(asked[0]).toMatchObject(oidc('api://AzureADTokenExchange'));
    expect(form(1)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      scope: 'https://containerregistry.azure.net/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'the-oidc-token',
    });
    expect(form(2)).toEqual({
      grant_type: 'access_token',
      service: 'acme.azurecr.io',
      tenant: 'tenant-1',
      access_token: 'the-access',
    });
  });

  test('an answer that is none is an error that does not quote it', async () => {
    answers['/tenant-1/oauth2/v2.0/token'] = [[200, 'the-secret-text']];
    const at = place({ AZURE_AUTHORITY_HOST: origin });
    await expect(azureLogin('acme.azurecr.io', identity, at, origin)).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.not.stringContaining('the-secret-text'),
    });
  });

  test.each([
    ['acme.azurecr.io', true],
    ['acme.azurecr.io.example.com', false],
  ])('%s: %s', (host, expected) => expect(isAzureRegistry(host)).toBe(expected));
});

describe('which host gets which login', () => {
  test('a host of no cloud is asked nothing', async () => {
    const source = cloudLogin(
      { 'aws-role': 'r', 'google-identity-provider': 'p', 'azure-client-id': 'c', 'azure-tenant-id': 't' },
      place(),
    );
    for (const host of ['ghcr.io', 'evil-amazonaws.com.example', 'x.azurecr.io.example.com']) {
      await expect(source(host)).resolves.toBeUndefined();
    }
    expect(asked).toEqual([]);
  });

  test('half an identity is an error', () => {
    expect(() => cloudLogin({ 'azure-client-id': 'c' }, place())).toThrow('azure-tenant-id');
    expect(() => cloudLogin({ 'google-service-account': 'a' }, place())).toThrow('google-identity-provider');
  });
});
