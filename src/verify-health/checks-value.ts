import { allForms } from '../core/health/forms/all.ts';
import { type Check, parseEveryCheck } from '../core/health/index.ts';
import type { Value } from '../core/values.ts';

const item = {
  anyOf: [{ type: 'string' }, ...allForms.map(({ word }) => ({ type: 'object', required: [word] }))],
};

/** The list of checks, in short form or as YAML. */
export const checks: Value<Check[]> = {
  kind: 'checks',
  allowed:
    'one check a line, such as `https://host/healthz 200 within 300ms` or `tcp host:port`, or a YAML list of them',
  schema: { oneOf: [{ type: 'string' }, { type: 'array', items: item }] },
  parse: parseEveryCheck,
  show: raw =>
    raw
      .replace(/\/\/[^/@\s"']*@/g, '//***@')
      .replace(
        /((?:authorization|cookie|[\w-]*(?:token|secret|key|password))["']?\s*[:=]\s*)[^\n,}&\s][^\n,}&]*/gi,
        '$1***',
      ),
};
