// Renders the JSON schemas: slipway.yml (for editors and for people) and the release record.
import { toJsonSchema } from '@valibot/to-json-schema';
import { takesMap } from '../../src/core/config-section.ts';
import { fileKeys } from '../../src/core/inputs.ts';
import { findings, isDoctored } from '../../src/release/checklist.ts';
import { checks } from '../../src/release/doctor/registry.ts';
import { chatFormats } from '../../src/release/notify/chat.ts';
import { events } from '../../src/release/notify/news.ts';
import { form as observeForm } from '../../src/release/observe/form.ts';

const variable = {
  type: 'object',
  description: 'The environment variable that holds the value.',
  properties: { env: { type: 'string' } },
  required: ['env'],
  additionalProperties: false,
};

const secret = {
  description: 'A secret is never written here: name the environment variable or the file that holds it.',
  oneOf: [
    variable,
    { type: 'object', properties: { file: { type: 'string' } }, required: ['file'], additionalProperties: false },
  ],
};

const records = {
  description:
    'Where releases and what was done with them are kept: `oci` is the repository of the image, `folder` is slipway-records, `git` is the branch slipway-records; a map names another.',
  oneOf: [
    { enum: ['oci', 'folder', 'git'] },
    ...['oci', 'folder', 'git'].map(kind => ({
      type: 'object',
      properties: { [kind]: { type: 'string' } },
      required: [kind],
      additionalProperties: false,
    })),
  ],
};

const address = { type: 'string', pattern: '^[^\\s@]+@[^\\s@]+$' };
const receivers = {
  webhook: { properties: { webhook: { anyOf: [{ type: 'string' }, ...secret.oneOf] }, secret }, required: ['secret'] },
  grafana: {
    properties: { grafana: { anyOf: [{ type: 'string' }, ...secret.oneOf] }, token: secret },
    required: ['token'],
  },
  email: {
    properties: {
      email: { anyOf: [address, { type: 'array', items: address }] },
      from: address,
      server: { type: 'string', pattern: '^smtps?://' },
      username: { type: 'string' },
      password: secret,
    },
    required: ['from', 'server'],
  },
  ...Object.fromEntries(chatFormats.map(kind => [kind, { properties: { [kind]: secret }, required: [] }])),
};
const notify = {
  type: 'array',
  description: 'Who is told how a run ended: a signed webhook, a chat, Grafana (an annotation), or mail.',
  items: {
    oneOf: Object.entries(receivers).map(([kind, { properties, required: also }]) => ({
      type: 'object',
      properties: {
        ...properties,
        on: {
          description: 'Of what; default: of everything.',
          anyOf: [{ enum: events }, { type: 'array', items: { enum: events } }],
        },
      },
      required: [kind, ...also],
      additionalProperties: false,
    })),
  },
};

const words = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] };
const serve = {
  type: 'object',
  description: 'What `slipway serve` releases on: signed pushes of GitHub, GitLab or Gitea.',
  properties: {
    repository: { type: 'string', description: 'Where git gets the commits that were pushed.' },
    branches: { description: 'Whose pushes are released; with `tags`, on which a tag’s commit has to be.', ...words },
    tags: { description: 'Tags that are released, such as `v*`, instead of pushes of branches.', ...words },
    secret,
    'allow-from': { description: 'Addresses and networks that may connect; default: all.', ...words },
    tls: {
      type: 'object',
      description: 'Certificate chain and key, paths of PEM files.',
      properties: { certificate: { type: 'string' }, key: { type: 'string' } },
      required: ['certificate', 'key'],
      additionalProperties: false,
    },
    largest: { type: 'string', description: 'Bytes that a push may have; default: 1MiB.' },
    timeout: { type: 'string', description: 'How long a release may take before it is interrupted; default: 2h.' },
  },
  required: ['repository', 'branches', 'secret'],
  additionalProperties: false,
};
const { $schema: _, ...observeShape } = toJsonSchema(observeForm, {
  target: 'draft-2020-12',
  typeMode: 'input',
  errorMode: 'ignore',
});
const observe = {
  ...observeShape,
  description: 'What is written for whoever looks after the service: alerts, their routes, a dashboard, log shipping.',
};
/** Of an environment: what is not said stays the file's. */
const { required: __, ...observeOwn } = observe;

const require = {
  type: 'array',
  description: 'Findings of the checklist without which nothing is deployed there.',
  items: {
    anyOf: [
      ...Object.entries(findings).map(([name, { means }]) => ({ const: name, description: means })),
      ...checks.filter(({ id }) => isDoctored(id)).map(({ id, title }) => ({ const: id, description: title })),
      {
        type: 'object',
        description: 'The version was verified in that environment before.',
        properties: { 'verified-in': { type: 'string' } },
        required: ['verified-in'],
        additionalProperties: false,
      },
    ],
  },
};

const time = '(\\d{4}-\\d{2}-\\d{2}|Mon|Tue|Wed|Thu|Fri|Sat|Sun) \\d{2}:\\d{2}';
const freeze = {
  type: 'array',
  description: 'When nothing is deployed: between two dates, or every week.',
  items: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: `^${time}$`, description: '2026-12-23 18:00, or every week: Fri 16:00.' },
      to: { type: 'string', pattern: `^${time}$` },
      zone: { type: 'string', description: 'Time zone, such as Europe/Berlin. Default: UTC.' },
      why: { type: 'string', minLength: 1 },
    },
    required: ['from', 'to', 'why'],
    additionalProperties: false,
  },
};

function section(definition, extra = {}) {
  const properties = Object.fromEntries(
    fileKeys(definition.inputs).map(name => {
      const input = definition.inputs[name];
      return [name, { description: input.description, ...valueSchema(input) }];
    }),
  );
  return {
    type: 'object',
    description: definition.description,
    properties: { ...extra, ...properties },
    additionalProperties: false,
  };
}

function valueSchema({ secret: isSecret, value: { schema } }) {
  if (isSecret) return secret;
  return takesMap(schema) ? schema : { anyOf: [schema, variable] };
}

export function slipwaySchema(byName) {
  const kinds = ['deploy-ssh-systemd', 'deploy-k8s-canary'];
  const deployment = name =>
    section(byName[name], {
      kind: { const: name },
      name: { type: 'string', description: 'Names the deployment among several.' },
    });
  const verify = section(byName['verify-health']);
  const environment = {
    type: ['object', 'null'],
    description: 'What a place has of its own; the rest is what the file says for all.',
    properties: {
      url: { type: 'string', description: 'Where people open it.' },
      require,
      notify,
      freeze,
      observe: observeOwn,
      // The kind may be left out: the entry of that name has it.
      deploy: { type: 'array', items: { anyOf: kinds.map(deployment) } },
      verify,
    },
    additionalProperties: false,
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'slipway.yml',
    type: 'object',
    properties: {
      version: {
        type: 'string',
        description: 'Version of the release; default: the tag on HEAD, else Go’s pseudo-version.',
      },
      records,
      notify,
      freeze,
      policy: {
        type: 'object',
        description: 'What the platform team asks of every release, by a commit of its repository or by a sha256.',
        properties: { extends: { type: 'string' }, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
        required: ['extends'],
        additionalProperties: false,
      },
      serve,
      observe,
      build: section(byName['setup-go-cross']),
      image: section(byName['build-multiarch-image']),
      deploy: { type: 'array', items: { oneOf: kinds.map(kind => ({ ...deployment(kind), required: ['kind'] })) } },
      verify,
      environments: {
        type: 'object',
        description: 'Places that a release goes through: staging, production.',
        propertyNames: { pattern: '^[A-Za-z0-9_-]+$' },
        additionalProperties: environment,
      },
    },
    additionalProperties: false,
  };
}

export function recordSchema(ReleaseRecord) {
  return {
    title: 'Slipway release record',
    ...toJsonSchema(ReleaseRecord, { target: 'draft-2020-12', errorMode: 'ignore' }),
  };
}
