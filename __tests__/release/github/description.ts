import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

/** GitHub's public OpenAPI description, cut to what we use by scripts/update-github-api.mjs. */
const document = nullAllowed(JSON.parse(readFileSync(join(import.meta.dirname, 'api-description.json'), 'utf8')));

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly enum?: unknown[];
  readonly required?: string[];
  readonly properties?: Record<string, Schema>;
  readonly oneOf?: Schema[];
  readonly anyOf?: Schema[];
  readonly allOf?: Schema[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly 'x-multi-segment'?: boolean;
}

const formats = {
  uri: (text: string) => URL.canParse(text.replace(/\{.*\}$/, '')),
  'date-time': (text: string) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text),
  email: /@/,
  binary: true,
  int64: true,
  repo: true,
  timestamp: true,
} as const;
const strict = new Ajv({ strict: false, allErrors: true, formats });
const coercing = new Ajv({ strict: false, allErrors: true, formats, coerceTypes: true });
for (const ajv of [strict, coercing]) ajv.addSchema(document, 'github');
const compiled = new Map<string, ValidateFunction>();

function check(ajv: Ajv, schema: object): ValidateFunction {
  const key = `${ajv === strict} ${JSON.stringify(schema)}`;
  if (!compiled.has(key)) compiled.set(key, ajv.compile(schema));
  return compiled.get(key)!;
}

/** An operation that the description has, and what its path says. */
export interface Operation {
  /** `POST /repos/{owner}/{repo}/deployments`. */
  readonly name: string;
  readonly path: Readonly<Record<string, string>>;
  readonly pointer: string;
  readonly data: { parameters: Schema[]; requestBody?: { content: Record<string, unknown> }; responses: object };
}

const templates = Object.keys(document.paths)
  .map(template => ({ template, pattern: patternOf(template) }))
  .sort((a, b) => a.template.split('{').length - b.template.split('{').length);

/** The operation of a request, or undefined when the description has none: a request that GitHub would not know. */
export function operationOf(method: string, path: string): Operation | undefined {
  for (const { template, pattern } of templates) {
    const match = pattern.exec(path);
    const data = document.paths[template][method.toLowerCase()];
    if (match === null || data === undefined) continue;
    const pointer = `github#/paths/${pointed(template)}/${method.toLowerCase()}`;
    const parts = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return { name: `${method} ${template}`, path: Object.fromEntries(parts), pointer, data };
  }
  return undefined;
}

/** What the description has against a request; unknown parameters and properties count, too: GitHub ignores them. */
export function requestProblems(
  { data, path, pointer }: Operation,
  query: URLSearchParams,
  type: string,
  body: unknown,
): string[] {
  const problems: string[] = [];
  const parameters = data.parameters.map(one => resolved(one) as unknown as Parameter);
  const given: Record<string, Record<string, string>> = { path, query: Object.fromEntries(query) };
  for (const { name, in: where, required, schema } of parameters) {
    const value = given[where]?.[name];
    if (value === undefined) {
      if (required) problems.push(`${where} parameter ${name} is missing`);
      continue;
    }
    const holder = { value };
    const valid = check(coercing, { type: 'object', properties: { value: absolute(schema) } });
    if (!valid(holder)) problems.push(`${where} parameter ${name}: ${coercing.errorsText(valid.errors)}`);
  }
  const known = parameters.filter(one => one.in === 'query').map(one => one.name);
  for (const name of query.keys()) if (!known.includes(name)) problems.push(`unknown query parameter ${name}`);
  return [...problems, ...bodyProblems(data, pointer, type, body)];
}

function bodyProblems(data: Operation['data'], pointer: string, type: string, body: unknown): string[] {
  if (data.requestBody === undefined) return body === undefined ? [] : ['a body where none is described'];
  if (body === undefined) return [];
  const content = data.requestBody.content[type] as { schema: Schema } | undefined;
  if (content === undefined) return [`content type ${type} is not described`];
  if (type !== 'application/json') return [];
  const valid = check(strict, { $ref: `${pointer}/requestBody/content/${pointed(type)}/schema` });
  const wrong = valid(body) ? [] : [strict.errorsText(valid.errors)];
  const properties = content.schema.properties ?? {};
  const unknown = Object.keys(body as object).filter(name => !(name in properties));
  return [...wrong, ...unknown.map(name => `unknown property ${name}`)];
}

/** What the description has against an answer. */
export function answerProblems({ data, pointer }: Operation, status: number, body: unknown): string[] {
  const responses = data.responses as Record<string, Schema>;
  const response = responses[status];
  if (response === undefined)
    return [401, 403, 404, 409, 429].includes(status) || status >= 500 ? [] : [`status ${status} is not described`];
  const { content } = resolved(response) as { content?: Record<string, unknown> };
  if (content?.['application/json'] === undefined) return [];
  const at = response.$ref === undefined ? `${pointer}/responses/${status}` : `github${response.$ref}`;
  const valid = check(strict, { $ref: `${at}/content/${pointed('application/json')}/schema` });
  return valid(body) ? [] : [`answer ${status}: ${strict.errorsText(valid.errors)}`];
}

/** The least that the description takes as an answer, for the many fields that nobody here looks at. */
export function sample(name: string): Record<string, unknown> {
  return sampleOf({ $ref: `#/components/schemas/${name}` }) as Record<string, unknown>;
}

function sampleOf(given: Schema): unknown {
  const schema = resolved(given);
  if (schema.nullable) return null;
  if (schema.enum !== undefined) return schema.enum[0];
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice !== undefined) return sampleOf(choice[0]!);
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map(sampleOf));
  if (schema.properties !== undefined || schema.type === 'object') {
    return Object.fromEntries((schema.required ?? []).map(name => [name, sampleOf(schema.properties?.[name] ?? {})]));
  }
  switch (schema.type) {
    case 'array':
      return [];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 1;
    default:
      return schema.format === 'uri'
        ? 'https://github.test/'
        : schema.format === 'date-time'
          ? '2026-11-28T12:00:00Z'
          : 'text';
  }
}

function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const [, , kind, name] = schema.$ref.split('/');
  return resolved(document.components[kind!][name!]);
}

function absolute(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : { $ref: `github${schema.$ref}` };
}

function patternOf(template: string): RegExp {
  // A ref has slashes: `tags/v1.2.3`.
  const source = template.replaceAll(/\{([a-z_]+)\}/g, (_, name) => `(?<${name}>${name === 'ref' ? '.+' : '[^/]+'})`);
  return new RegExp(`^${source}$`);
}

function pointed(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** OpenAPI's `nullable` beside a choice, which ajv knows beside a `type` only. */
function nullAllowed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(nullAllowed) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, nullAllowed(inner)]));
  if (copy['nullable'] !== true || copy['type'] !== undefined) return copy as T;
  const { nullable: _, ...schema } = copy;
  return { anyOf: [{ type: 'null' }, schema] } as T;
}
