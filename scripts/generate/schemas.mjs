// Renders the JSON schemas: slipway.yml (for editors and for people) and the release record.
import { toJsonSchema } from '@valibot/to-json-schema';
import { takesMap } from '../../src/core/config-section.ts';
import { fileKeys } from '../../src/core/inputs.ts';

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
  const deployment = name =>
    section(byName[name], {
      kind: { const: name },
      name: { type: 'string', description: 'Names the deployment among several.' },
    });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'slipway.yml',
    type: 'object',
    properties: {
      version: {
        type: 'string',
        description: 'Version of the release; default: the tag on HEAD, else Go’s pseudo-version.',
      },
      build: section(byName['setup-go-cross']),
      image: section(byName['build-multiarch-image']),
      deploy: { type: 'array', items: { oneOf: [deployment('deploy-ssh-systemd'), deployment('deploy-k8s-canary')] } },
      verify: section(byName['verify-health']),
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
