import { parse as parseYaml } from 'yaml';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { located } from '../core/health/located.ts';
import { didYouMean } from '../core/suggest.ts';
import { choice, duration, size, type Value } from '../core/values.ts';
import { requirements } from './requirements.ts';
import type { Settings } from './settings.ts';
import { cpuQuota } from './unit-values.ts';
import { args, become, environment, healthChecks, layout, listen, runAs, serviceDirectory } from './values.ts';

/** What hosts of one role have instead of what is written for all; the environment is added. */
export type RoleSettings = Partial<Omit<Settings, 'unit'>> & { readonly unit?: Partial<Settings['unit']> };

const given = <T>(value: Value<T>, to: (parsed: T) => RoleSettings) => ({
  schema: value.schema,
  read: (text: string) => to(value.parse(text)),
});
const none = choice('none');

/** By the inputs' names. */
const keys = {
  args: given(args, value => ({ args: value })),
  environment: given(environment, value => ({ environment: value })),
  listen: {
    schema: listen.schema,
    read: (text: string): RoleSettings => ({ listen: text === 'none' ? undefined : listen.parse(text) }),
  },
  'health-checks': given(healthChecks, value => ({ checks: value })),
  'min-healthy-time': given(duration, value => ({ minHealthyTime: value })),
  'healthy-deadline': given(duration, value => ({ healthyDeadline: value })),
  'memory-max': given(size, value => ({ unit: { memoryMax: value } })),
  'cpu-quota': given(cpuQuota, value => ({ unit: { cpuQuota: value } })),
  requires: given(requirements, value => ({ requires: value })),
  become: given(become, value => ({ become: value })),
  layout: given(layout, value => ({ layout: value })),
  'run-as': given(runAs, value => ({ runAs: value })),
  'service-directory': given(serviceDirectory, value => ({ directory: value })),
  backup: given(none, () => ({ backup: undefined })),
  firewall: given(none, () => ({ firewall: undefined })),
  'load-balancer': given(none, () => ({ loadBalancer: undefined })),
  proxy: given(none, () => ({ proxy: undefined })),
};
type Key = keyof typeof keys;
export const roleKeys = Object.keys(keys) as Key[];

const ofRole = {
  type: 'object',
  properties: Object.fromEntries(Object.entries(keys).map(([name, { schema }]) => [name, schema])),
  additionalProperties: false,
};

/** A map of role to map of inputs. Scalars are texts as they were written. */
export const roles: Value<ReadonlyMap<string, RoleSettings>> = {
  kind: 'YAML',
  allowed: `a map of role to a map of ${roleKeys.join(', ')}`,
  schema: { type: 'object', additionalProperties: ofRole },
  parse: text => {
    let data: unknown;
    try {
      data = parseYaml(text, { schema: 'failsafe', merge: true });
    } catch (error) {
      throw new SlipwayError('YAML_INVALID', `not valid YAML: ${messageOf(error).split('\n')[0]}`, { cause: error });
    }
    const entries = Object.entries(mapOf(data ?? {}));
    return new Map(entries.map(([role, map]) => [role, located(role, () => settingsFrom(mapOf(map)))]));
  },
};

function settingsFrom(map: Record<string, unknown>): RoleSettings {
  const read = Object.entries(map).map(([key, value]) => {
    if (!Object.hasOwn(keys, key))
      throw invalid(`unknown key "${key}"${didYouMean(key, roleKeys)}; allowed: ${roleKeys.join(', ')}`);
    return located(key, () => keys[key as Key].read(textOf(value, key)));
  });
  const unit: RoleSettings['unit'] = Object.assign({}, ...read.map(one => one.unit));
  return Object.assign({}, ...read, Object.keys(unit ?? {}).length === 0 ? {} : { unit });
}

/** As the input of the same name would have it: arguments and maps as JSON, other lists line by line. */
function textOf(value: unknown, key: string): string {
  if (typeof value === 'string') return value;
  const isTexts = Array.isArray(value) && value.every(item => typeof item === 'string');
  return isTexts && key !== 'args' ? value.join('\n') : JSON.stringify(value);
}

function mapOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('it is not a map');
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('ROLES_INVALID', message);
}
