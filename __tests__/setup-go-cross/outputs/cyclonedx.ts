import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

const folder = join(import.meta.dirname, '../../../node_modules/@cyclonedx/cyclonedx-library/res/schema');
const schema = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.SNAPSHOT.schema.json`), 'utf8'));
const base = 'http://cyclonedx.org/schema';
let validator: ValidateFunction | undefined;

/** What CycloneDX's own JSON schema has against a document; nothing when it is valid. */
export function schemaErrors(document: unknown): string[] {
  validator ??= compiled();
  return validator(document) ? [] : validator.errors!.map(error => `${error.instancePath} ${error.message}`);
}

function compiled(): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  ajv.addFormat('uri', /^[a-z][a-z0-9+.-]*:\S+$/i);
  ajv.addFormat('iri-reference', /^\S*$/);
  ajv.addFormat('idn-email', /@/);
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema({ ...schema(name), $id: `${base}/${name}.SNAPSHOT.schema.json` });
  return ajv.compile({ ...schema('bom-1.6'), $id: `${base}/bom-1.6.schema.json` });
}
